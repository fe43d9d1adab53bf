# SPDX-License-Identifier: Apache-2.0
"""Looks at the pages that page.sh has made, as a person would: see there. Prints TAP."""
import json
import math
import os
import subprocess
import sys
import time
import traceback
from collections import defaultdict

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from browser import Browser  # noqa: E402

SIGNS = {("allow", "allow"): "✓", ("deny", "allow"): "i", ("allow", "deny"): "e", ("deny", "deny"): "x",
         ("deny", "depends"): "i"}  # on the number of a port that is not there
UNGOVERNED = {"world", "host"}  # what passes between these, no policy decides
tests = []


def test(function):
    tests.append(function)
    return function


def flows_of(name):
    with open(f"{name}.json", encoding="utf-8") as file:
        return json.load(file)["flows"]


def sign_of(flow):
    if {flow["from"], flow["to"]} <= UNGOVERNED:
        return ""
    if flow["from"] == flow["to"]:
        return "="
    if flow["verdict"] == "none":
        return ""
    if flow["verdict"] == "depends":
        return "?"
    return SIGNS[flow["ingress"], flow["egress"]]


def same(seen, wanted, what=""):
    if seen != wanted:
        raise AssertionError(f"{what} saw {seen!r}, wanted {wanted!r}"[:2000])


def true(value, what=""):
    if not value:
        raise AssertionError(f"{what} is {value!r}")


def put(b, field, text):
    """Types a filter and waits for what it does."""
    b.run(f"(() => {{ const old = page.view, field = byId({json.dumps(field)});"
          f"field.value = {json.dumps(text)}; field.dispatchEvent(new Event('input', {{bubbles: true}}));"
          "return new Promise((done) => { const ask = () => page.view !== old ? done() : setTimeout(ask, 5); ask(); }); })()")


def tick(b, field, value):
    if b.run(f"byId('{field}').checked") != value:
        b.run(f"(() => {{ const old = page.view; byId('{field}').click();"
              "return new Promise((done) => { const ask = () => page.view !== old ? done() : setTimeout(ask, 5); ask(); }); })()")


def cells(b):
    """The matrix as it stands in the document: (from, to) -> sign."""
    rows = b.run("""[...document.querySelectorAll('#matrix tbody tr:not([aria-hidden])')].map((row) =>
        [...row.children].filter((cell) => !cell.classList.contains('gap')).map((cell) => cell.textContent))""")
    names = b.run("[...document.querySelectorAll('#matrix thead th')].map((name) => name.textContent)")
    return {(row[0], name): sign for row in rows for name, sign in zip(names, row[1:], strict=True)}


def edges(b, summed):
    b.run("byId('tab-graph').click()")
    tick_without_filter = f"if (byId('everybody').checked !== {json.dumps(summed)}) byId('everybody').click()"
    b.run(tick_without_filter)
    return {(f, t): ports for f, t, ports in b.run(
        "[...document.querySelectorAll('g.edge')].map((edge) => [edge.dataset.from, edge.dataset.to, edge.dataset.ports])")}


def allowed_edges(name):
    found = defaultdict(list)
    for flow in flows_of(name):
        if flow["verdict"] == "allow" and flow["from"] != flow["to"] and not {flow["from"], flow["to"]} <= UNGOVERNED:
            found[flow["from"], flow["to"]].append(flow["port"])
    return {pair: ", ".join(ports) for pair, ports in found.items()}


@test
def every_cell_of_the_matrix_is_what_the_json_says_on_each_port(b):
    for name in ("shop", "outside"):
        b.load(f"{name}.html", "view=matrix")
        by_port = defaultdict(dict)
        for flow in flows_of(name):
            by_port[flow["port"]][flow["from"], flow["to"]] = sign_of(flow)
        for port, wanted in by_port.items():
            b.run("byId('port').value = ''")
            put(b, "port", port)
            shown = b.run("page.view.ports.map((p) => ports[p])")
            if shown == [port]:  # else the name of another port begins so
                same(cells(b), wanted, f"{name} {port}")
        true(len(by_port) >= 3)


@test
def a_cell_over_many_ports_tells_how_many_of_them_are_allowed(b):
    b.load("shop.html", "view=matrix")
    verdicts = defaultdict(list)
    for flow in flows_of("shop"):
        verdicts[flow["from"], flow["to"]].append(flow["verdict"])
    for pair, sign in cells(b).items():
        if set(pair) <= UNGOVERNED:
            same(sign, "", str(pair))
        elif pair[0] == pair[1]:
            same(sign, "=")
        elif "allow" in verdicts[pair]:
            same(sign, str(verdicts[pair].count("allow")) if "deny" in verdicts[pair] else "✓", str(pair))
        else:
            true(sign in "iex", str(pair))


@test
def what_requests_decide_has_a_sign_of_its_own(b):
    b.load("requests.html", "view=matrix")
    put(b, "port", "tcp/80")
    same({pair: sign for pair, sign in cells(b).items() if not UNGOVERNED & set(pair)},
         {("shop/db", "shop/db"): "=", ("shop/db", "shop/web"): "✓", ("shop/web", "shop/db"): "7", ("shop/web", "shop/web"): "="})
    true("1 with some requests" in b.run("byId('status').textContent"), b.run("byId('status').textContent"))
    true(("shop/web", "shop/db") in edges(b, False))


@test
def search_and_filters_leave_what_they_name(b):
    b.load("shop.html", "view=matrix")
    put(b, "to", "app=db")
    same({to for _, to in cells(b)}, {"shop/db"})
    put(b, "from", "-web ns:shop")
    same({f for f, _ in cells(b)}, {"shop/cart", "shop/db"})
    b.run("byId('swap').click()")
    same({f for f, _ in cells(b)}, {"shop/db"})
    put(b, "to", "")
    put(b, "from", "")
    put(b, "any", "shop/web")
    same(cells(b)["shop/db", "shop/cart"], "", "neither end is web")
    true(cells(b)["shop/db", "shop/web"] != "")
    put(b, "any", "")
    put(b, "port", "5432")
    tick(b, "allowed", True)
    same({pair for pair, sign in cells(b).items() if sign == "✓" and "host" not in pair}, {("shop/cart", "shop/db")})
    put(b, "any", "-host")
    put(b, "from", "-host")
    put(b, "to", "-host")
    same(set(cells(b)), {("shop/cart", "shop/db")})
    for field in ("any", "from", "to"):
        put(b, field, "")
    put(b, "port", "udp")
    same(b.run("page.view.ports.every((p) => ports[p].startsWith('udp/'))"), True)
    put(b, "port", "gopher")
    true("No port matches" in b.run("byId('status').textContent"))
    b.run("byId('clear').click()")
    b.until("page.view.pairs === 21")
    same(len(cells(b)), 25, "three, the world and the node")


@test
def only_external_leaves_the_flows_with_an_address(b):
    b.load("inside.html", "view=matrix")
    same(b.run("byId('external').disabled"), True)
    b.load("outside.html", "view=matrix")
    tick(b, "external", True)
    shown = {pair for pair, sign in cells(b).items() if sign}
    same(shown, {(f["from"], f["to"]) for f in flows_of("outside") if "cidr:" in f["from"] + f["to"]})


FIELDS = '''Object.fromEntries(KEPT_FIELDS.map(({id, of}) => [id, byId(id)[of]]).concat(
    [['view', Object.keys(views).find((name) => !byId(name).hidden)], ['level', byId('level').value]]))'''


@test
def the_address_keeps_search_filters_and_view_and_brings_them_back(b):
    b.load("outside.html", "view=matrix")
    usual = b.run(FIELDS)
    put(b, "any", "shop & co=#1% +é")
    put(b, "any", "-db")
    put(b, "from", "ns:shop")
    put(b, "to", "203.0.113.8")
    put(b, "port", "tcp/80, udp")
    tick(b, "allowed", True)
    tick(b, "external", True)
    edges(b, False)
    b.run("byId('level').value = 'spaces'; byId('level').dispatchEvent(new Event('change'))")
    wanted, fragment = b.run(FIELDS), b.run("location.hash")
    same(wanted, {"any": "-db", "from": "ns:shop", "to": "203.0.113.8", "port": "tcp/80, udp", "allowed": True,
                  "external": True, "everybody": False, "view": "graph", "level": "spaces"})
    seen = b.run("[byId('status').textContent, page.view.pairs]")
    b.load("outside.html", fragment[1:])
    same(b.run(FIELDS), wanted)
    same(b.run("[byId('status').textContent, page.view.pairs]"), seen)
    same(b.run("location.hash"), fragment, "to restore changes nothing")
    b.load("outside.html", "view=matrix")
    same(b.run(FIELDS), usual)
    b.load("outside.html", "any=shop+%26+co%3D%231%25+%2B%C3%A9")
    same(b.run("byId('any').value"), "shop & co=#1% +é")


@test
def the_back_button_goes_one_step_and_letters_are_none(b):
    b.load("shop.html", "view=matrix")
    usual = b.run("page.view.pairs")
    for text in ("a", "ap", "app=db"):
        put(b, "to", text)
    put(b, "from", "cart")
    b.run("byId('tab-list').click()")
    entries = b.run("history.length")
    b.run("history.back()")
    true(b.until("!byId('matrix').hidden && byId('from').value === 'cart'"), "the matrix again")
    same(len(cells(b)), 1)
    b.run("history.back()")
    true(b.until("byId('from').value === '' && byId('to').value === 'app=db'"), "the filter before")
    same(len(cells(b)), 5)
    b.run("history.back()")
    true(b.until("byId('to').value === ''"), "all letters at once")
    same(b.run("page.view.pairs"), usual)
    b.run("history.go(3)")
    true(b.until("!byId('list').hidden && byId('from').value === 'cart'"), "forward")
    same(b.run("history.length"), entries)
    put(b, "from", "web")
    same(b.run("location.hash"), "#from=web&to=app%3Ddb&view=list")
    b.run("byId('clear').click()")
    true(b.until("location.hash === '#view=list'"), "cleared")
    same(b.log, [])


@test
def an_address_that_means_nothing_does_nothing(b):
    hostile = "%3Cimg+src%3Dx+onerror%3Dalert(1)%3E"
    nothing = ["show=end:nobody", "show=in:nowhere", "show=end:__proto__&show=everybody", f"show={hostile}", "show=", "show=end:shop/db&show=x",
               "show=everybody&show=everybody", "show=end:shop/db&show=end:shop/db&show=end:shop/db", "frame=", "frame=1,2,3", "frame=0,0,-5,9", "frame=0,0,NaN,1e999",
               "frame=0,0,0,0", "frame=1,1,1e7,1", f"frame={hostile}", "frame=,,,"]
    for fragment in (*nothing, f"view={hostile}&level={hostile}&any={hostile}&allowed={hostile}", "view=__proto__&level=constructor",
                     "%&=&&any", "view=constructor&open=__proto__&external=2&allowed=constructor"):
        b.load("shop.html", fragment)
        same(b.run("[byId('allowed').checked, byId('external').checked, page.chosen, graph.level, paper.frame,"
                   "byId('details').hidden]"), [False, False, None, None, None, True], fragment)
        same(b.run("document.querySelectorAll('img').length"), 0)
        same((b.dialogs, b.log), ([], []), fragment)


@test
def the_graph_has_an_edge_with_its_ports_for_every_pair_that_is_allowed(b):
    for name in ("shop", "outside"):
        b.load(f"{name}.html", "view=matrix")
        same(edges(b, False), allowed_edges(name), name)


@test
def who_is_alone_in_sight_is_not_everybody(b):
    b.load("shop.html", "view=matrix")
    put(b, "port", "5432")
    tick(b, "allowed", True)
    same(edges(b, True), {("shop/cart", "shop/db"): "tcp/5432", ("everybody", "host"): "tcp/5432", ("host", "everybody"): "tcp/5432"})


@test
def what_is_so_for_everybody_is_one_edge_and_nothing_is_lost(b):
    b.load("shop.html", "view=matrix")
    unfolded = defaultdict(set)
    names = {end for pair in allowed_edges("shop") for end in pair}
    summed = edges(b, True)
    true(len(summed) < len(allowed_edges("shop")))
    for (f, t), ports in summed.items():
        for source in names - {t} - UNGOVERNED if f == "everybody" else {f}:
            for target in names - {f} - UNGOVERNED if t == "everybody" else {t}:
                unfolded[source, target] |= set(ports.split(", "))
    same(unfolded, {pair: set(ports.split(", ")) for pair, ports in allowed_edges("shop").items()})


@test
def a_node_that_is_selected_leaves_its_neighbours_bright(b):
    b.load("shop.html", "view=matrix")
    wanted = edges(b, False)
    b.run("[...document.querySelectorAll('.node')].find((node) => node.getAttribute('aria-label') === 'shop/cart')"
          ".dispatchEvent(new Event('click'))")
    on = b.run("[...document.querySelectorAll('.edge.on')].map((edge) => [edge.dataset.from, edge.dataset.to])")
    same({tuple(pair) for pair in on}, {pair for pair in wanted if "shop/cart" in pair})
    true("may reach" in b.run("byId('details').textContent"))


@test
def nodes_do_not_cover_each_other_and_all_are_in_sight(b):
    for name in ("shop", "outside", "many"):
        b.load(f"{name}.html", "view=matrix")
        edges(b, False)
        b.run("byId('level').value = 'ends'; byId('level').dispatchEvent(new Event('change'))")
        same(b.run("""(() => { const places = [...graph.drawn.places.values()];
            const over = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
            const box = paper.box;
            return [places.every((a, i) => places.every((b, j) => i === j || !over(a, b))),
                places.every((a) => a.x >= box.x && a.y >= box.y && a.x + a.width <= box.x + box.width &&
                    a.y + a.height <= box.y + box.height)]; })()"""), [True, True], name)


@test
def a_click_on_a_cell_tells_the_ports_and_the_rules_with_their_places(b):
    b.load("shop.html", "view=matrix")
    b.run("document.querySelector('#matrix td[aria-label^=\"shop/cart to shop/db:\"]').click()")
    text = b.run("byId('details').innerText")
    for word in ("allowed on tcp/5432", "NetworkPolicy shop/cart", "NetworkPolicy shop/db", "isolated by",
                 "polc why FILES --from shop/cart --to shop/db --port tcp/5432"):
        true(word in text, f"{word} in {text}")
    true(b.run("[...document.querySelectorAll('.place')].some((place) => /networkpolicies\\.yaml:\\d+:\\d+$/.test(place.textContent))"))


def told_by_why(flow, files):
    """For each direction the reason, and where the rule or the policies that decide are written."""
    answer = subprocess.run([os.environ["POLC"], "why", *files, "--from", flow["from"], "--to", flow["to"], "--port", flow["port"],
                             "--format", "json", "-q"], stdout=subprocess.PIPE, timeout=30, check=False)
    answer, told = json.loads(answer.stdout), {}
    for direction in answer.get("directions") or answer["cases"][0]["directions"]:
        last = direction["steps"][-1] if direction["steps"] else {"rules": [], "governing": []}
        deciding = {"rule": [rule for rule in last["rules"] if rule["decides"]],
                    "default-deny": last["governing"]}.get(direction["reason"], [])
        told[direction["direction"]] = [direction["reason"], direction["verdict"],
                                        [[place["file"], place["line"], place["column"]] for place in deciding]]
    return told


@test
def the_reasons_are_those_that_polc_why_tells(b):
    shop = os.path.join(os.environ["POLC_SRCDIR"], "examples/shop")
    for name, files in (("shop", [shop]), ("probes", ["<img src=x onerror=alert(2)>.pol"])):
        b.load(f"{name}.html", "view=matrix")
        for flow in flows_of(name):
            seen = b.run(f"""(() => {{ const end = (name) => ends.findIndex((end) => end.name === name);
                const flow = model.flow(end({json.dumps(flow["from"])}), end({json.dumps(flow["to"])}), ports.indexOf({json.dumps(flow["port"])}));
                const tell = (reason) => [reason.why, reason.verdict, (reason.why === 'rule' ? [reason] : reason.isolated || [])
                    .map((place) => [place.file, place.line, place.column])];
                return {{egress: tell(flow.egress), ingress: tell(flow.ingress)}}; }})()""")
            same(seen, told_by_why(flow, files), str(flow))


@test
def the_keyboard_reaches_everything(b):
    b.load("shop.html", "view=matrix")
    b.key("/", 191, "/")
    same(b.run("document.activeElement.id"), "any")
    same(b.run("byId('any').value"), "")
    b.run("document.querySelector('#matrix td[tabindex=\"0\"]').focus()")
    b.key("ArrowRight", 39)
    b.key("ArrowDown", 40)
    same(b.run("document.activeElement.getAttribute('aria-label')").split(":")[0], "shop/db to shop/db")
    b.key("ArrowUp", 38)
    b.key("Enter", 13)
    same(b.run("document.querySelector('#details h2').textContent"), "shop/cart → shop/db")
    b.key("Escape", 27)
    same(b.run("byId('details').hidden"), True)
    same(b.run("document.activeElement.getAttribute('aria-label')").split(":")[0], "shop/cart to shop/db")
    b.run("byId('tab-matrix').focus()")
    b.key("ArrowRight", 39)
    same(b.run("[document.activeElement.id, byId('graph').hidden, byId('matrix').hidden]"), ["tab-graph", False, True])
    b.run("document.querySelector('.node[tabindex=\"0\"]').focus()")
    before = b.run("document.activeElement.getAttribute('aria-label')")
    b.key("ArrowRight", 39)
    true(b.run("document.activeElement.getAttribute('aria-label')") != before)
    b.key("Enter", 13)
    same(b.run("byId('details').hidden"), False)


@test
def the_list_has_every_pair_once(b):
    b.load("shop.html", "view=matrix")
    b.run("byId('tab-list').click()")
    rows = b.run("[...document.querySelectorAll('#list tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))")
    same({(f, t): ok.removeprefix("✓ ") for f, t, ok, _ in rows if ok}, allowed_edges("shop"))


@test
def a_list_of_probes_is_shown_as_what_was_asked(b):
    b.load("probes.html", "view=matrix")
    signs = {(f["from"], f["to"]): SIGNS[f["ingress"], f["egress"]] for f in flows_of("probes")}
    same({pair: sign for pair, sign in cells(b).items() if sign}, signs)
    same(edges(b, False), allowed_edges("probes"))


@test
def thousands_of_pods_stay_light(b):
    true(os.path.getsize("many.html") < 2 << 20, "size")
    b.load("many.html", "view=matrix")
    groups = len({flow["from"] for flow in flows_of("many")} | UNGOVERNED)
    same(b.run("[page.view.rows.length, page.view.columns.length]"), [groups, groups])
    true(groups >= 100, "groups")
    true(b.run("document.querySelectorAll('#matrix td').length") < 8000, "cells in the document")
    verdicts = defaultdict(list)
    for flow in flows_of("many"):
        verdicts[flow["from"], flow["to"]].append(flow["verdict"])
    count = b.run("""(() => { const n = {}; page.view.eachPair((f, t, answer) => {
        if (answer.allowed.length && !ends[f].entity && !ends[t].entity) n[JSON.stringify([ends[f].name, ends[t].name])] = answer.allowed.length; }); return n; })()""")
    same({tuple(json.loads(pair)): n for pair, n in count.items()},
         {pair: list.count("allow") for pair, list in verdicts.items() if "allow" in list})
    b.run("matrix.scroll.scrollTo(1e9, 1e9)")
    true(b.until(f"document.querySelector('#matrix td[data-row=\"{groups - 1}\"][data-column=\"{groups - 1}\"]') !== null"), "the last cell")
    true(b.run("""(() => { const cell = document.querySelector('#matrix tbody tr:not([aria-hidden]):last-of-type td[data-row]');
        const [a, b] = [cell, matrix.scroll].map((node) => node.getBoundingClientRect());
        return a.height === 26; })()"""), "the height of a row")
    put(b, "any", "web-4500")
    true(0 < b.run("page.view.allowedFlows") < 100, "the flows of one pod")


@test
def what_the_head_of_a_column_names_stands_above_its_cells(b):
    b.load("many.html", "view=matrix")
    b.run("matrix.scroll.scrollTo(2000, 1500)")
    true(b.until("matrix.window && document.querySelector('#matrix td[data-row=\"60\"][data-column=\"80\"]') !== null"))
    same(b.run("""[...document.querySelectorAll('#matrix thead th')].filter((name) => {
        const cell = document.querySelector(`#matrix td[data-row="60"][data-column="${name.getAttribute('aria-colindex') - 2}"]`);
        return !cell || Math.abs(cell.getBoundingClientRect().left - name.getBoundingClientRect().left) > 1;
        }).length"""), 0)


@test
def namespaces_stand_for_many_nodes(b):
    b.load("many.html", "view=matrix")
    b.run("byId('tab-graph').click()")
    same(b.run("byId('level').value"), "spaces")
    same(b.run("document.querySelectorAll('.node').length"), 33, "thirty, the world, the node, and everybody")


def pairs_allowed(name):
    return {(f["from"], f["to"]) for f in flows_of(name) if f["verdict"] != "deny" and f["from"] != f["to"]
            and not {f["from"], f["to"]} <= UNGOVERNED}


def edge_counts(b):
    return {(f, t): int(n) for f, t, n in b.run("""[...document.querySelectorAll('g.edge')].map((edge) =>
        [edge.dataset.from, edge.dataset.to, edge.dataset.pairs])""")}


@test
def thirty_endpoints_and_what_is_none_open_as_a_graph_of_them(b):
    b.load("few.html")
    same(b.run("[byId('graph').hidden, byId('matrix').hidden, byId('level').value]"), [False, True, "ends"])
    nodes = set(b.run("[...document.querySelectorAll('.node:not(.everybody)')].map((node) => node.getAttribute('aria-label'))"))
    same(nodes, {flow["from"] for flow in flows_of("few")})
    same(len(nodes), 32)
    true(nodes > UNGOVERNED)
    b.run("if (byId('everybody').checked) byId('everybody').click()")
    same(set(edge_counts(b)), pairs_allowed("few"))
    same(b.run("location.hash"), "#everybody=0", "what is usual is not kept")


@test
def more_open_as_namespaces_whose_edges_count(b):
    b.load("crowd.html")
    same(b.run("[byId('graph').hidden, byId('level').value]"), [False, "spaces"])
    b.run("byId('everybody').click()")

    def counted(opened):
        def node(end):
            space = end.split("/")[0]
            return end if space in UNGOVERNED or space in opened else space
        counts = defaultdict(int)
        for f, t in pairs_allowed("crowd"):
            if node(f) != node(t):
                counts[node(f), node(t)] += 1
        return dict(counts)

    def click(label):
        b.run(f"[...document.querySelectorAll('.node, #opened button')].find((node) => node.getAttribute('aria-label')"
              f" === {json.dumps(label)}).dispatchEvent(new MouseEvent('click', {{bubbles: true}}))")

    def labels():
        return set(b.run("[...document.querySelectorAll('.node')].map((node) => node.getAttribute('aria-label'))"))

    same(labels(), {"ns0 · 11", "ns1 · 10", "ns2 · 10", "world", "host"})
    same(edge_counts(b), counted([]))
    true(max(edge_counts(b).values()) > 20)
    text = b.run("[...document.querySelectorAll('g.edge')].find((e) => e.dataset.from === 'ns0' && e.dataset.to === 'ns1').textContent")
    true(f"{counted([])['ns0', 'ns1']} × " in text, text)
    click("ns1 · 10")
    same(labels(), {"ns0 · 11", "ns2 · 10", "world", "host"} | {f"ns1/pod{i}" for i in range(1, 31, 3)})
    same(edge_counts(b), counted(["ns1"]))
    true("ns1" in b.run("byId('details').textContent"))
    true(b.run("document.activeElement.getAttribute('aria-label')").startswith("ns1/pod"), "the focus goes into it")
    fragment = b.run("location.hash")
    b.run("history.back()")
    true(b.until("document.querySelectorAll('.node').length === 5"), "back folds it")
    b.load("crowd.html", fragment[1:])
    same(edge_counts(b), counted(["ns1"]))
    click("ns2 · 10")
    click("Fold ns1")
    same(edge_counts(b), counted(["ns2"]))
    b.run("[...document.querySelectorAll('g.edge')].find((e) => e.dataset.from === 'ns0' && e.dataset.to === 'ns1')"
          ".dispatchEvent(new MouseEvent('click'))")
    same(b.run("document.querySelectorAll('#details .pairs li').length"), counted([])["ns0", "ns1"])
    put(b, "any", "ns:ns0")
    put(b, "to", "ns:ns0")
    put(b, "from", "ns:ns0")
    same(b.run("byId('level').value"), "ends", "what is left is few")
    same(b.log, [])


@test
def of_the_world_and_the_node_the_page_says_what_json_and_why_say(b):
    b.load("crowd.html")
    asked = [flow for flow in flows_of("crowd") if UNGOVERNED & {flow["from"], flow["to"]} and flow["from"] != flow["to"]]
    same({flow["verdict"] for flow in asked if "host" not in (flow["from"], flow["to"])}, {"allow", "deny", "depends"})
    same({flow["verdict"] for flow in asked if flow["from"] == "host"}, {"allow", "deny"})
    same({flow["verdict"] for flow in asked if flow["to"] == "host"}, {"allow", "deny", "depends"})
    for flow in asked:
        seen = b.run(f"""(() => {{ const end = (name) => ends.findIndex((end) => end.name === name);
            const flow = model.flow(end({json.dumps(flow["from"])}), end({json.dumps(flow["to"])}), ports.indexOf({json.dumps(flow["port"])}));
            return [isDepending(flow) ? 'depends' : isAllowed(flow) ? 'allow' : 'deny', flow.egress.why, flow.ingress.why]; }})()""")
        same(seen[0], flow["verdict"], str(flow))
        told = told_by_why(flow, ["crowd.pol"])
        for i, direction in enumerate(("egress", "ingress"), 1):
            if flow[direction] != "depends":
                same(seen[i], told[direction][0], str(flow))
    same(b.run("byId('summary').textContent"), "31 endpoints · the world outside · the node · 2 ports")


@test
def the_node_is_an_end_as_in_the_text_and_no_endpoint_that_may_be_called_so(b):
    b.load("crowd.html")
    same(b.run("ends.filter((end) => !end.endpoint).map((end) => [end.name, end.external])"), [["world", True], ["host", False]])
    text = subprocess.run([os.environ["POLC"], "reach", "crowd.pol", "-q"], stdout=subprocess.PIPE, timeout=30, check=False, text=True).stdout
    for f, t in pairs_allowed("crowd"):
        if f == "host" and t.startswith("ns1/"):
            true(f"host -> {t}: tcp/443" in text or f"{t}, " in text or f"{t}\n" in text, t)
    b.load("few.html", "view=matrix")
    same({to for f, to in pairs_allowed("few") if f == "host"},
         {to for (f, to), sign in cells(b).items() if f == "host" and sign and sign not in "iex"})
    put(b, "any", "host")
    true(all("host" in pair for pair, sign in cells(b).items() if sign))
    tick(b, "external", True)
    same(cells(b), {}, "the node is not outside")
    b.load("called.html", "view=matrix")
    same(b.run("ends.map((end) => [end.name, end.endpoint])"), [["host", True], ["world", True]])
    same(b.run("byId('summary').textContent"), "2 endpoints · 1 port")
    b.load("ungoverned.html", "view=matrix")
    same(cells(b)["host", "world"], "✓", "what was asked is shown")


@test
def the_node_stays_by_itself_in_groups(b):
    b.load("alike.html", "view=matrix")
    same(b.run("ends.map((end) => [end.members.length, end.endpoint])"), [[3, True], [1, False], [1, False]])


SEEN = """[byId('details').hidden ? null : byId('details').innerText, paper.frame, page.filters, byId('level').value,
    [...document.querySelectorAll('.node.selected')].map((node) => node.getAttribute('aria-label')), [...graph.opened]]"""
PAIR = "document.querySelector('#matrix td[aria-label^=\"shop/cart to shop/db:\"]').click()"


def sent(b, name):
    """The same page with the same address, in another window."""
    seen, fragment = b.run(SEEN), b.run("location.hash")
    b.load(f"{name}.html", fragment[1:])
    same(b.run(SEEN), seen, fragment)
    same(b.run("location.hash"), fragment, "to restore changes nothing")


def press(b, label):
    b.run(f"[...document.querySelectorAll('.node, g.edge')].find((node) => [node.getAttribute('aria-label'),"
          f"`${{node.dataset.from}} ${{node.dataset.to}}`].includes({json.dumps(label)})).dispatchEvent(new MouseEvent('click', {{bubbles: true}}))")


@test
def the_address_keeps_what_the_details_tell_about(b):
    b.load("shop.html", "view=matrix")
    b.run(PAIR)
    same(b.run("location.hash"), "#view=matrix&show=end%3Ashop%2Fcart&show=end%3Ashop%2Fdb")
    sent(b, "shop")
    true("allowed on tcp/5432" in b.run("byId('details').innerText"))
    put(b, "port", "tcp/80")
    true("tcp/5432" not in b.run("byId('details').innerText"), "the details follow the filters")
    sent(b, "shop")
    b.load("shop.html", "view=graph")
    for label in ("shop/cart", "everybody", "host everybody", "everybody host", "host"):
        press(b, label)
        true(b.run("!byId('details').hidden"), label)
        sent(b, "shop")
    same(b.run("[...document.querySelectorAll('.node.selected')].length"), 1)
    b.key("Escape", 27)
    same(b.run("location.hash"), "#view=graph")
    same(b.run(SEEN)[0], None)
    b.load("crowd.html")
    for label in ("ns0 ns1", "ns1 · 10"):
        press(b, label)
        sent(b, "crowd")
    true("may reach" in b.run("byId('details').innerText"))
    for label in ("ns1/pod1", "ns0 ns1/pod4"):
        press(b, label)
        sent(b, "crowd")
    same(b.log, [])


@test
def the_back_button_undoes_a_selection(b):
    b.load("shop.html", "view=matrix")
    b.run(PAIR)
    b.run("document.querySelector('#details h2 button').click()")
    title = "document.querySelector('#details h2')?.textContent"
    same(b.run(title), "shop/cart")
    b.run("byId('details').querySelector('.close').click()")
    same(b.run("byId('details').hidden"), True)
    b.run("history.back()")
    true(b.until(f"!byId('details').hidden && {title} === 'shop/cart'"), "open again")
    b.run("history.back()")
    true(b.until(f"{title} === 'shop/cart → shop/db'"), "the pair before")
    b.run("history.back()")
    true(b.until("byId('details').hidden"), "nothing")
    b.run("history.forward()")
    true(b.until(f"!byId('details').hidden && {title} === 'shop/cart → shop/db'"), "forward")
    b.load("crowd.html")
    entries, nodes = b.run("history.length"), b.run("document.querySelectorAll('.node').length")
    press(b, "ns1 · 10")
    same(b.run("history.length"), entries + 1, "to open a namespace is one step")
    b.run("history.back()")
    true(b.until(f"byId('details').hidden && document.querySelectorAll('.node').length === {nodes}"), "folded, and no details")
    same(b.log, [])


# Where the middle of a node stands in the window.
MIDDLE = """((label) => { const box = [...document.querySelectorAll('.node')].find((node) => node.getAttribute('aria-label') === label)
    .querySelector('rect').getBoundingClientRect(); return [box.left + box.width / 2, box.top + box.height / 2, box.width]; })"""


def stands(b, label, wanted, what=""):
    """Moves are carried out with the next picture."""
    end = time.monotonic() + 5
    while True:
        seen = b.run(f"{MIDDLE}({json.dumps(label)})")
        if all(abs(a - b) < 1.5 for a, b in zip(seen, wanted)):
            return
        if time.monotonic() > end:
            raise AssertionError(f"{what} saw {seen}, wanted {wanted}")
        time.sleep(0.02)


@test
def a_wheel_and_a_mouse_move_the_graph_and_the_address_keeps_where(b):
    b.load("shop.html", "view=graph")
    x, y, width = b.run(f"{MIDDLE}('shop/cart')")
    same(b.run("location.hash"), "#view=graph", "all of it is usual")
    b.mouse("mouseWheel", x, y, deltaX=0, deltaY=-150, modifiers=2)
    stands(b, "shop/cart", [x, y, width * math.exp(0.5)], "Ctrl zooms around the pointer")
    true(b.until("location.hash.includes('frame=')"), "after a pause")
    b.mouse("mouseWheel", x, y, deltaX=30, deltaY=40)
    stands(b, "shop/cart", [x - 30, y - 40], "the wheel alone moves")
    x, y = x - 30, y - 40
    b.mouse("mousePressed", x, y, buttons=1)
    for step in (10, 40, 70):
        b.mouse("mouseMoved", x + step, y - step, buttons=1)
    b.mouse("mouseReleased", x + 70, y - 70)
    stands(b, "shop/cart", [x + 70, y - 70], "a drag by a node")
    same(b.run("byId('details').hidden"), True, "the end of a drag is no click")
    b.run("clearTimeout(paper.waiting); address.keep('frame')")
    sent(b, "shop")
    stands(b, "shop/cart", [x + 70, y - 70], "in another window")
    b.mouse("mousePressed", x + 70, y - 70, buttons=1)
    b.mouse("mouseMoved", x + 72, y - 70, buttons=1)
    b.mouse("mouseReleased", x + 72, y - 70)
    same(b.run("document.querySelector('#details h2').textContent"), "shop/cart", "a click")
    sent(b, "shop")
    b.load("shop.html", "view=graph")
    entries = b.run("history.length")
    for _ in range(3):
        b.run("byId('zoom-in').click()")
    same(b.run("history.length"), entries + 1, "one step")
    b.run("history.back()")
    true(b.until("paper.frame === null"), "everything")
    true(b.until(f"Math.abs({MIDDLE}('shop/cart')[2] - {width}) < 1.5"))
    b.run("byId('zoom-in').click()")
    put(b, "to", "db")
    same(b.run("paper.frame"), None, "another graph is seen as a whole")
    same(b.log, [])


@test
def fingers_drag_and_pinch_the_graph(b):
    b.resize(375, 740, phone=True)
    try:
        b.load("shop.html", "view=graph")
        b.run("document.querySelector('#graph svg').scrollIntoView({block: 'center'})")
        x, y, width = b.run(f"{MIDDLE}('shop/cart')")
        top = b.run("scrollY")
        b.touch("touchStart", (x, y))
        for step in (4, 12, 30):
            b.touch("touchMove", (x + step, y + step))
        b.touch("touchEnd")
        stands(b, "shop/cart", [x + 30, y + 30, width], "one finger drags")
        same(b.run("[byId('details').hidden, scrollY]"), [True, top], "and does nothing else")
        true("frame=" in b.run("location.hash"))
        middle = b.run(f"{MIDDLE}('shop/cart')")
        x, y = map(round, middle[:2])  # a finger is told without fractions
        zoomed = [x + 3 * (middle[0] - x), y + 10 + 3 * (middle[1] - y), width * 3]
        b.touch("touchStart", (x - 20, y), (x + 20, y))
        for step in (25, 40, 60):
            b.touch("touchMove", (x - step, y + 10), (x + step, y + 10))
        stands(b, "shop/cart", zoomed, "two zoom, and what is between them stays there")
        b.touch("touchMove", (x - 20, y + 40), (x + 20, y + 40))
        b.touch("touchEnd")
        stands(b, "shop/cart", [middle[0], middle[1] + 40, width], "and back, moving")
        same(b.run("[byId('details').hidden, scrollY, visualViewport.scale]"), [True, top, 1])
        sent(b, "shop")
        b.run("document.querySelector('#graph svg').scrollIntoView({block: 'center'})")
        x, y, _ = b.run(f"{MIDDLE}('shop/cart')")
        fragment = b.run("location.hash")
        b.touch("touchStart", (x, y))
        b.touch("touchEnd")
        true(b.until("!byId('details').hidden"), "a tap selects")
        same(b.run("document.querySelector('#details h2').textContent"), "shop/cart")
        same(b.run("location.hash"), f"{fragment}&show=end%3Ashop%2Fcart", "and does not move")
        b.run("history.back()")
        true(b.until("byId('details').hidden"), "back")
        same(b.run("location.hash"), fragment)
        same(b.log, [])
    finally:
        b.resize(1280, 800)


@test
def an_empty_inventory_makes_a_page_that_says_so(b):
    b.load("nobody.html", "view=matrix")
    true(b.run("byId('status').textContent"))
    for view in ("graph", "list", "matrix"):
        b.run(f"byId('tab-{view}').click()")
    same(b.log, [])


# Of what is in sight and can be pressed: what is too small for a finger.
SMALL = """[...document.querySelectorAll('button, select, input[type="search"], label.check, summary, #matrix tbody td:not(.gap)')]
    .map((node) => [node, node.getBoundingClientRect()])
    .filter(([node, box]) => box.width && !node.closest('[aria-hidden]') && (box.height < 40 || (box.width < 40 && !node.matches('.link'))))
    .map(([node, box]) => `${node.tagName} ${node.id} ${node.textContent} ${box.width}x${box.height}`)"""


def fits(b, what):
    same(b.run("[document.documentElement.scrollWidth, document.body.scrollWidth]"), [b.run("innerWidth")] * 2, what)


@test
def a_phone_shows_all_without_moving_the_page_aside(b):
    long = "a" * 253
    with open("shop.html", encoding="utf-8") as file:
        text = file.read()
    facts = text.index('<script id="facts"')
    with open("long.html", "w", encoding="utf-8") as file:
        file.write(text[:facts] + text[facts:].replace("shop/web", f"shop/{long}").replace("networkpolicies", long))
    b.resize(360, 740, phone=True)
    try:
        for name in ("shop", "outside", "long", "probes", "many", "nobody"):
            b.load(f"{name}.html", "view=matrix")
            true(b.run("matchMedia('(pointer: coarse)').matches"))
            for view in ("matrix", "graph", "list"):
                b.run(f"byId('tab-{view}').click()")
                fits(b, f"{name} {view}")
                same(b.run(SMALL), [], f"{name} {view}")
                true(b.run(f"byId('{view}').getBoundingClientRect().width > 300"))
            if b.run("page.view.pairs"):
                b.run("details.show(page.view.rows[0], page.view.columns[0])")
                fits(b, f"{name} pair")
                b.run("details.show(page.view.rows[0])")
                fits(b, f"{name} end")
                same(b.run(SMALL), [], f"{name} end")
        b.load("many.html", "view=matrix")
        b.run("matrix.scroll.scrollTo(1500, 1500)")
        true(b.until("matrix.scroll.scrollLeft > 1000 && document.querySelector('#matrix td[data-row=\"40\"][data-column=\"40\"]')"
                     " !== null"), "the matrix moves in its box")
        same(b.run("document.documentElement.scrollLeft"), 0)
    finally:
        b.resize(1280, 800)
    b.load("shop.html", "view=matrix")
    same(b.run("document.querySelector('#matrix tbody td[data-row]').getBoundingClientRect().height"), 26)


@test
def on_a_phone_the_details_leave_the_graph_in_sight(b):
    b.resize(375, 667, phone=True)
    try:
        for name, label in (("shop", "shop/cart"), ("crowd", "ns1 · 10"), ("many", "host"), ("long", "host")):
            b.load(f"{name}.html", "view=graph")
            press(b, label)
            fits(b, name)
            same(b.run("innerWidth"), 375)
            graph, panel = b.run("""['#graph svg', '#details'].map((name) => document.querySelector(name).getBoundingClientRect())
                .map(({top, bottom, left, right}) => ({top, bottom, left, right}))""")
            true(graph["bottom"] <= panel["top"], f"{name}: {graph} above {panel}")
            for box in (graph, panel):
                true(box["left"] >= 0 and box["right"] <= 375 and box["bottom"] <= 668, f"{name}: {box}")
            true(panel["bottom"] - panel["top"] > 200, f"{name}: room for {panel}")
            true(graph["top"] >= -1 and graph["bottom"] - graph["top"] > 300, f"{name}: room for {graph}")
            true(b.run("byId('details').scrollWidth <= byId('details').clientWidth"), f"{name}: the details are not wider than they are")
            same(b.log, [])
    finally:
        b.resize(1280, 800)


CONTRAST = """(() => {
    const light = (color) => color.match(/[\\d.]+/g).slice(0, 3).map((c) => c / 255)
        .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const of = (node, ground) => { const [a, b] = [light(getComputedStyle(node).color),
        light(getComputedStyle(ground).backgroundColor)]; return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05); };
    return Math.min(...[...document.querySelectorAll('.swatch')].map((node) => of(node, node)),
        ...['h1', '#summary', '#status', '.key'].map((name) => of(document.querySelector(name), document.body)));
})()"""


@test
def day_and_night_differ_and_both_can_be_read(b):
    b.load("shop.html", "view=matrix")
    grounds = []
    for scheme in ("light", "dark"):
        b.prefer(scheme)
        grounds.append(b.run("getComputedStyle(document.body).backgroundColor"))
        true(b.run(CONTRAST) >= 4.5, f"the contrast of {scheme}: {b.run(CONTRAST)}")
    b.prefer("light")
    true(grounds[0] != grounds[1])


@test
def paper_has_all_cells_and_no_controls(b):
    b.load("shop.html", "view=matrix")
    b.media("print")
    b.run("window.dispatchEvent(new Event('beforeprint'))")
    same(b.run("getComputedStyle(byId('filters')).display"), "none")
    same(len(cells(b)), 25)
    b.media("")


@test
def hostile_text_of_files_is_shown_and_does_nothing(b):
    b.load("hostile.html", "view=matrix")
    b.run("document.querySelector('#matrix td[aria-label^=\"shop/web to shop/db:\"]').click()")
    text = b.run("byId('details').textContent")
    true("<img src=x onerror=alert(2)>.pol:5:" in text, text)
    true("</script><script>alert(4)</script> <!--<script>" in text, text)
    same(b.run("document.querySelectorAll('script, img').length"), 2, "the page's own scripts")
    same((b.dialogs, b.log), ([], []))


@test
def the_page_names_the_files_that_it_speaks_of(b):
    for name, wanted in (("shop", [os.path.join(os.environ["POLC_SRCDIR"], "examples/shop")]), ("crowd", ["crowd.pol"]),
                         ("stdin", ["standard input"]), ("hostile", ["<img src=x onerror=alert(2)>.pol"]),
                         ("named", ["nobody.pol", "it's <b>/?[31m???&amp;.pol", "lone.pol"])):
        b.load(f"{name}.html")
        same(b.run("[...document.querySelectorAll('#files bdi')].map((name) => name.textContent)"), wanted, name)
        same(b.run("document.querySelectorAll('b:not(#details b), img').length"), 0)
        same((b.dialogs, b.log), ([], []))


@test
def a_hostile_name_is_text_in_every_view(b):
    name = "</script><script>alert(1)</script><img src=x onerror=alert(1)>'\"`"
    with open("shop.html", encoding="utf-8") as file:
        text = file.read()
    facts = text.index('<script id="facts"')
    with open("renamed.html", "w", encoding="utf-8") as file:
        file.write(text[:facts] + text[facts:].replace('shop/web"', json.dumps(name).replace("<", "\\u003c")[1:]))
    b.load("renamed.html", "view=matrix")
    true((name, "shop/db") in cells(b))
    b.run("[...document.querySelectorAll('#matrix tbody th')].find((th) => th.textContent.includes('script')).click()")
    for view in ("graph", "list", "matrix"):
        b.run(f"byId('tab-{view}').click()")
        true(name[:18] in b.run(f"byId('{view}').textContent"), view)
    b.run("details.show(0, 2)")
    true("--to '</script>" in b.run("byId('details').textContent"), "the name is quoted for a shell")
    same(b.run("document.querySelectorAll('script, img').length"), 2, "the page's own scripts")
    same((b.dialogs, b.log), ([], []))


@test
def no_page_asks_the_network_or_complains(b):
    for name in ("shop", "outside", "hostile", "probes", "many", "nobody"):
        b.load(f"{name}.html", "view=matrix")
        for view in ("graph", "list", "matrix"):
            b.run(f"byId('tab-{view}').click()")
        same([url for url in b.requests if not url.endswith(f"/{name}.html")], [])
        same(b.log, [], name)


@test
def even_a_foreign_script_could_not_connect_or_run(b):
    b.load("shop.html", "view=matrix")
    same(b.run("fetch('http://127.0.0.1:9/').then(() => 'reached', () => 'refused')"), "refused")
    true(b.until("true") and any("Content Security Policy" in line for line in b.log), b.log)
    b.run("document.body.insertAdjacentHTML('beforeend', '<b onclick=\"window.hit = 1\"></b>'); document.body.lastChild.click()")
    same(b.run("window.hit === undefined"), True)


def main():
    os.chdir(sys.argv[1])
    failed = 0
    with Browser() as b:
        for number, function in enumerate(tests, 1):
            name = function.__name__.replace("_", " ")
            try:
                function(b)
                print(f"ok {number} - {name}", flush=True)
            except (AssertionError, RuntimeError, LookupError, TypeError, ValueError):
                failed += 1
                print(f"not ok {number} - {name}")
                print("".join(f"# {line}\n" for line in traceback.format_exc().splitlines()), flush=True)
    print(f"1..{len(tests)}")
    return failed > 0


sys.exit(main())

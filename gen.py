import sys
N=int(sys.argv[1]); PODS=50;TEAMS=int(sys.argv[3]) if len(sys.argv)>3 else 10;TIERS=5;PORTS=4
named=True

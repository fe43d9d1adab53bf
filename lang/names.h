/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which names Kubernetes accepts (apimachinery, util/validation), for .pol too. Each function
 * returns NULL for a good name, else the reason as a sentence for a message.
 */
#pragma once

const char *k8s_label_key_fault(const char *s);
const char *k8s_annotation_key_fault(const char *s); /* a label's, but its prefix in any case */
const char *k8s_label_value_fault(const char *s);
const char *k8s_dns_label_fault(const char *s);     /* RFC 1123 label: a namespace */
const char *k8s_dns_subdomain_fault(const char *s); /* RFC 1123 subdomain: most objects */
const char *k8s_port_name_fault(const char *s);     /* IANA service name, RFC 6335 */

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/hints.h"

#include <errno.h>

#include "common/log.h"
#include "kernel/ctnl.h"
#include "scan/own_snmp.h"

#define UNUSED "no firewall rule uses connection tracking: the table stays empty until one does"
#define OWN_SNMP                                                                                   \
	"SNMP packets of this host are tracked: when the table is full, traps and answers are "    \
	"lost; see share/conntrack-agentx/snmp-notrack.nft (notrack for udp 161 and 162)"

/* The warning about tracked SNMP is repeated after this long without tracked SNMP. */
#define SNMP_GONE_MS 3600000

void hints_judge_use(struct hints *hints, const char *name, struct ctnl *ctnl, bool is_empty)
{
	bool was_unused = hints->is_unused;
	int is_hooked = 1;

	if (is_empty && !hints->is_use_unknown)
		is_hooked = ctnl_is_hooked(ctnl);
	/* do not ask again: the kernel would look for the module each time */
	if (is_hooked < 0 && errno == EINVAL)
		hints->is_use_unknown = true;
	hints->is_unused = is_hooked == 0;
	if (hints->is_unused && !was_unused)
		log_info("conntrack table \"%s\": " UNUSED, name);
}

void hints_judge_snmp(struct hints *hints, const char *name, const struct own_snmp *snmp,
		      uint64_t now_ms)
{
	hints->tracks_own_snmp = own_snmp_is_tracked(snmp);
	if (!hints->tracks_own_snmp)
		return;
	if (hints->snmp_ms == 0 || now_ms - hints->snmp_ms >= SNMP_GONE_MS)
		log_warning("conntrack table \"%s\": " OWN_SNMP, name);
	hints->snmp_ms = now_ms;
}

size_t hints_get(const struct hints *hints, const char *sentences[HINTS_MAX])
{
	size_t count = 0;

	if (hints->is_unused)
		sentences[count++] = UNUSED;
	if (hints->tracks_own_snmp)
		sentences[count++] = OWN_SNMP;
	return count;
}

# SPDX-License-Identifier: GPL-2.0-or-later
"""PostgreSQL, Zabbix server and its frontend, of this distribution or of the one in the room, in the router's namespace
and directory."""
import gzip
import json
import os
import signal

from lab import wait_for

SERVER = """LogType=file
LogFile={dir}/zabbix_server.log
PidFile={dir}/zabbix_server.pid
SocketDir={dir}
DBHost={dir}/postgres
DBName=zabbix
DBUser=zabbix
ListenIP=127.0.0.1
AllowRoot=1
CacheUpdateFrequency=1
StartSNMPTrapper=1
SNMPTrapperFile={dir}/zabbix_traps
StartVMwareCollectors=0
StartHTTPPollers=0
StartDiscoverers=0
"""
FRONTEND = """<?php
$DB['TYPE'] = 'POSTGRESQL';
$DB['SERVER'] = '{dir}/postgres';
$DB['PORT'] = '0';
$DB['DATABASE'] = 'zabbix';
$DB['USER'] = 'zabbix';
$DB['PASSWORD'] = '';
$DB['SCHEMA'] = '';
$DB['ENCRYPTION'] = false;
$DB['DOUBLE_IEEE754'] = true;
$ZBX_SERVER = '127.0.0.1';
$ZBX_SERVER_PORT = '10051';
$IMAGE_FORMAT_DEFAULT = IMAGE_FORMAT_PNG;
"""
# A client of the API in the namespace: the request on standard input, the answer on standard output.
CLIENT = """import sys, urllib.request as r
q = r.Request("http://127.0.0.1:80/api_jsonrpc.php", sys.stdin.read().encode(),
              {"Content-Type": "application/json-rpc"})
print(r.urlopen(q, timeout=100).read().decode())"""


class Zabbix:
    def __init__(self, lab, place):
        """`place` is where its programs are: Here(), or a Room."""
        self.lab = lab
        self.place = place
        self.token = None
        self.started = []  # the last one first
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def start(self):
        lab = self.lab
        self.start_postgres()
        (lab.dir / "zabbix_server.conf").write_text(SERVER.format(dir=lab.dir))
        (lab.dir / "zabbix_traps").touch()
        self.spawn("zabbix_server", "-f", "-c", lab.dir / "zabbix_server.conf", log=lab.dir / "zabbix.out")
        self.start_frontend()
        self.token = wait_for(lambda: self.log_in(), 30, 0.5)

    # ---- the programs ----

    def run(self, *command, **more):
        return self.lab.run(*self.place.command(*command), **more)

    def spawn(self, *command, how=signal.SIGTERM, **more):
        self.started.insert(0, (self.lab.spawn(*self.place.command(*command), **more), how))

    def start_postgres(self):
        self.home = self.lab.dir / "postgres"
        self.home.mkdir()
        self.run("chown", "postgres:", self.home)
        programs = max(self.place.path("/usr/lib/postgresql").glob("*/bin"))
        self.bin = f"/usr/lib/postgresql/{programs.parent.name}/bin"
        as_postgres = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")
        self.run(*as_postgres, f"{self.bin}/initdb", "-A", "trust", "-U", "zabbix", "-E", "UTF8", "--no-sync", "-D",
                 self.home / "data")
        self.spawn(*as_postgres, f"{self.bin}/postgres", "-D", self.home / "data", "-k", self.home,
                   "-c", "listen_addresses=", "-c", "dynamic_shared_memory_type=mmap", "-c", "fsync=off",
                   "-c", "full_page_writes=off", how=signal.SIGINT, log=self.lab.dir / "postgres.log")
        wait_for(lambda: self.sql("postgres", "create database zabbix", check=False).returncode == 0, 30)
        for part in ("schema", "images", "data"):
            packed = self.place.path(f"/usr/share/zabbix-server-pgsql/{part}.sql.gz").read_bytes()
            self.sql("zabbix", "set synchronous_commit = off;\n" + gzip.decompress(packed).decode())

    def sql(self, database, text, check=True):
        return self.run(f"{self.bin}/psql", "-h", self.home, "-U", "zabbix", "-d", database, "-q", "-A", "-t", "-v",
                        "ON_ERROR_STOP=1", input=text, check=check)

    def start_frontend(self):
        """From a copy, whose configuration stands beside it: Debian's looks in /etc."""
        www = self.lab.dir / "www"
        self.run("cp", "-rL", "/usr/share/zabbix", www, check=False)  # some links lead to what is not installed
        config = self.lab.dir / "zabbix.conf.php"
        config.write_text(FRONTEND.format(dir=self.lab.dir))
        reader = www / "include/classes/core/CConfigFile.php"
        reader.write_text(reader.read_text().replace("/etc/zabbix/zabbix.conf.php", str(config)))
        # the frontend speaks English by a locale, which the machine need not have
        locales = self.lab.dir / "locales"
        locales.mkdir()
        self.run("localedef", "-i", "en_US", "-f", "UTF-8", locales / "en_US.UTF-8")
        self.lab.env |= {"LOCPATH": str(locales), "PHP_CLI_SERVER_WORKERS": "4"}
        settings = ("memory_limit=256M", "post_max_size=16M", "max_execution_time=300", "max_input_time=300",
                    "date.timezone=UTC")
        # fonts are looked for from the folder that it runs in
        self.spawn("env", f"--chdir={www}", "php", *(word for setting in settings for word in ("-d", setting)),
                   "-S", "127.0.0.1:80", "-t", www, log=self.lab.dir / "frontend.log")

    def close(self):
        """Each has processes of its own, which a kill of the first alone would leave behind."""
        for process, how in self.started:
            process.send_signal(how)
            process.wait(30)
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # they have all gone

    # ---- its API ----

    def log_in(self):
        try:
            self.version = tuple(map(int, self.call("apiinfo.version").split(".")[:2]))  # before there is a token
            return self.call("user.login", username="Admin", password="zabbix")
        except AssertionError:
            return None

    def call(self, method, **parameters):
        request = {"jsonrpc": "2.0", "method": method, "params": parameters, "id": 1, "auth": self.token}
        run = self.lab.run("python3", "-c", CLIENT, input=json.dumps(request), check=False)
        assert run.returncode == 0, run.stderr
        answer = json.loads(run.stdout)
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def import_template(self, path):
        every = {"createMissing": True, "updateExisting": True}
        group = "template_groups" if self.version >= (6, 2) else "groups"
        rules = {kind: every for kind in ("discoveryRules", "graphs", group, "items", "templates", "triggers",
                                          "valueMaps", "templateDashboards")}
        self.call("configuration.import", format="yaml", source=path.read_text(), rules=rules)

    def add_host(self, name, template, macros, **details):
        template_id = self.call("template.get", filter={"host": template})[0]["templateid"]
        group = self.call("hostgroup.get", filter={"name": "Linux servers"})[0]["groupid"]
        host = self.call("host.create", host=name, groups=[{"groupid": group}],
                         templates=[{"templateid": template_id}],
                         macros=[{"macro": macro, "value": value} for macro, value in macros.items()],
                         interfaces=[{"type": 2, "main": 1, "useip": 1, "ip": "127.0.0.1", "dns": "", "port": "161",
                                      "details": {"version": 2, "bulk": 1, "community": "{$SNMP_COMMUNITY}"} | details}])
        return host["hostids"][0]

    def set_macro(self, host, macro, value):
        for known in self.call("usermacro.get", hostids=host, filter={"macro": macro}):
            self.call("usermacro.update", hostmacroid=known["hostmacroid"], value=value)
            return
        self.call("usermacro.create", hostid=host, macro=macro, value=value)

    def polls(self, item, since, until):
        """How often it got a value."""
        return len(self.call("history.get", itemids=item, history=3, time_from=int(since), time_till=int(until)))

    def items(self, host):
        return self.call("item.get", hostids=host, output=["itemid", "key_", "name", "state", "error", "lastvalue", "lastclock",
                                                           "status", "value_type", "snmp_oid"])

    def raised(self, host, since):
        """The names of the problems that have begun since then, open or ended."""
        return {event["name"] for event in self.call("event.get", hostids=host, value=1, time_from=int(since), output=["name"])}

    def problems(self, host):
        """{name: severity} of those that are open."""
        return {problem["name"]: int(problem["severity"])
                for problem in self.call("problem.get", hostids=host, output=["name", "severity"])}


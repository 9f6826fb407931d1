# SPDX-License-Identifier: BSD-3-Clause
"""What FirecREST tells about a system and its users."""
import datetime
import re

from commands import unexpected
from errors import ApiError

NODE_STATES = {"ALLOCATED", "BUSY", "COMPLETING", "DOWN", "DRAIN", "IDLE", "MIXED", "OFFLINE", "POWERING_DOWN",
               "POWERING_UP", "RESERVED", "UNKNOWN"}


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat().replace("+00:00", "Z")


def system(name, version, unhealthy):
    """`unhealthy`: the service that the health gate is shut for, or None."""
    kinds = {"scheduler": "scheduler", "ssh": "ssh service", "filesystem": "filesystem"}
    health = [{"serviceType": kind, "lastChecked": now(), "latency": 0.01, "healthy": called != unhealthy,
               "message": "unhealthy" if called == unhealthy else None} | ({"path": "/home"} if kind == "filesystem" else {})
              for kind, called in kinds.items()]
    return {
        "name": name,
        "ssh": {"host": "127.0.0.1", "port": 22, "proxyHost": None, "proxyPort": None, "maxClients": 50,
                "timeout": {"connection": 5, "login": 5, "commandExecution": 5, "idleTimeout": 60, "keepAlive": 5}},
        "scheduler": {"type": "slurm", "connectionMode": "ssh", "version": version, "apiUrl": None, "apiVersion": None,
                      "timeout": 10},
        "servicesHealth": health, "probing": {"services": None, "intervalCheck": 120}, "lastHealthCheck": now(),
        "fileSystems": [{"path": "/home", "dataType": "users", "defaultWorkDir": True},
                        {"path": "/tmp", "dataType": "scratch", "defaultWorkDir": False}],
        "dataOperation": {"datatransfer_jobs_directives": [], "max_ops_file_size": 5242880, "data_transfer": None}}


def pairs(line):
    """Of scontrol --oneliner; what has spaces in its value is not asked for here."""
    return dict(re.findall(r"(\w+)=(\S*)", line))


def whole(text):
    return int(text) if text and text.isdigit() else None


def node(row):
    states = [state for state in re.split(r"[+*~#!%$@^-]", row["State"]) if state]
    load = row.get("CPULoad", "")
    return {"sockets": whole(row.get("Sockets")), "cores": whole(row.get("CoresPerSocket")),
            "threads": whole(row.get("ThreadsPerCore")), "cpus": int(row["CPUTot"]),
            "cpuLoad": float(load) if re.fullmatch(r"[\d.]+", load) else None, "freeMemory": whole(row.get("FreeMem")),
            "features": row.get("AvailableFeatures"), "name": row["NodeName"], "address": row.get("NodeAddr"),
            "hostname": row.get("NodeHostName"),
            "state": [state if state in NODE_STATES else "UNKNOWN" for state in states] or ["UNKNOWN"],
            "partitions": row["Partitions"].split(",") if row.get("Partitions") else None, "weight": whole(row.get("Weight")),
            "allocMemory": whole(row.get("AllocMem")), "allocCpus": int(row["CPUAlloc"]),
            "idleCpus": int(row["CPUTot"]) - int(row["CPUAlloc"])}


class Status:
    def __init__(self, shell, accounting):
        self.shell, self.accounting = shell, accounting

    async def _lines(self, user, *argv):
        """Every inner error is a 500 here, and says the same twice."""
        try:
            result = await self.shell.run(user, *argv)
            if result.code:
                raise unexpected(result)
            return result.out.splitlines()
        except ApiError as problem:
            raise ApiError(500, problem.message, [problem.message]) from None

    async def partitions(self, user, hidden):
        lines = await self._lines(user, "scontrol", "--oneliner", *(["--all"] if hidden else []), "show", "partitions")
        found = [pairs(line) for line in lines if line.startswith("PartitionName=")]
        return [{"name": row["PartitionName"], "cpus": whole(row["TotalCPUs"]), "totalNodes": whole(row["TotalNodes"]),
                 "partition": row["State"]} for row in found]

    async def nodes(self, user):
        lines = await self._lines(user, "scontrol", "--oneliner", "show", "nodes")
        return [node(pairs(line)) for line in lines if line.startswith("NodeName=")]

    async def reservations(self, user):
        lines = await self._lines(user, "scontrol", "--oneliner", "show", "reservations")
        found = [pairs(line) for line in lines if line.startswith("ReservationName=")]
        return [{"name": row["ReservationName"], "nodeList": row["Nodes"], "startTime": int(row["StartTime"]),
                 "endTime": int(row["EndTime"]), "features": row.get("Features"), "state": row["State"].lower()}
                for row in found]

    async def user(self, user):
        try:
            said = await self.shell.run(user, "id")
            if said.code:
                raise unexpected(said)
            accounts = await self._accounts(user) if self.accounting else None
        except ApiError as problem:
            raise ApiError(500, "Error executing Slurm command.", [problem.message]) from None
        found = {kind: [{"id": number, "name": name} for number, name in re.findall(r"(\d+)\(([^)]*)\)", rest)]
                 for kind, rest in re.findall(r"(uid|gid|groups)=(\S+)", said.out)}
        return {"user": found["uid"][0], "group": found["gid"][0], "groups": found["groups"], "accounts": accounts}

    async def _accounts(self, user):
        asked = []
        for what in (["association", "format=account"], ["user", "format=defaultaccount"]):
            result = await self.shell.run(user, "sacctmgr", "--noheader", "--parsable2", "show", what[0], "where",
                                          f"user={user}", what[1])
            if result.code:
                raise unexpected(result)
            asked.append([line for line in result.out.splitlines() if line])
        names, default = asked
        return [{"name": name, "default": name in default} for name in dict.fromkeys(names)]

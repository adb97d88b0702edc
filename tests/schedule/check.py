"""Reads one file that `maascan schedule` prints, as its platform would: check.py KIND FILE [VALUE].

KIND is plist, task, powershell, yaml-values or container-apps. Ends with status 1 and says what is wrong; 77 if a module that
it needs is missing. VALUE is a text that has to come out of the file unchanged.
"""

import sys


def plist(path, value):
    import plistlib

    with open(path, "rb") as file:
        job = plistlib.load(file)
    expected = {"Label", "ProgramArguments", "UserName", "StartCalendarInterval", "RunAtLoad", "Umask", "ProcessType",
                "StandardOutPath", "StandardErrorPath"}
    yield from (f"key: {key}" for key in expected ^ set(job))
    if job["Umask"] != 0o077 or job["RunAtLoad"] is not False:
        yield "Umask or RunAtLoad"
    if not set(job["StartCalendarInterval"]) <= {"Weekday", "Hour", "Minute"}:
        yield "StartCalendarInterval"


# Task Scheduler's schema is published as pages, not as a file to be had here: [MS-TSCH] 2.5. The order is that of an exported
# task, which a sequence and an xs:all both take.
TASK = {
    "Task": ["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"],
    "RegistrationInfo": ["Description", "URI"],
    "Triggers": ["CalendarTrigger"],
    "CalendarTrigger": ["StartBoundary", "Enabled", "RandomDelay", "ScheduleByDay", "ScheduleByWeek"],
    "ScheduleByDay": ["DaysInterval"],
    "ScheduleByWeek": ["DaysOfWeek", "WeeksInterval"],
    "DaysOfWeek": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    "Principals": ["Principal"],
    "Principal": ["UserId", "RunLevel", "ProcessTokenSidType"],
    "Settings": ["MultipleInstancesPolicy", "DisallowStartIfOnBatteries", "StopIfGoingOnBatteries", "AllowHardTerminate",
                 "StartWhenAvailable", "RunOnlyIfNetworkAvailable", "AllowStartOnDemand", "Enabled", "Hidden", "RunOnlyIfIdle",
                 "WakeToRun", "ExecutionTimeLimit", "Priority"],
    "Actions": ["Exec"],
    "Exec": ["Command", "Arguments"],
}


def task(path, value):
    import xml.etree.ElementTree as tree

    space = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
    with open(path, "rb") as file:
        head = file.read(60)
    if b"encoding" in head or not head.startswith(b'<?xml version="1.0"?>'):
        yield "the declaration names an encoding, which Task Scheduler refuses"
    root = tree.parse(path).getroot()
    if root.tag != space + "Task" or root.get("version") != "1.3":
        yield "root"
    for element in root.iter():
        name = element.tag.removeprefix(space)
        children = [child.tag.removeprefix(space) for child in element]
        order = TASK.get(name, [])
        if [child for child in order if child in children] != children:
            yield f"{name}: {children}"


def powershell(path, value):
    import tree_sitter
    import tree_sitter_powershell

    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
    with open(path, "rb") as file:
        text = file.read()
    if not text.isascii():
        yield "not ASCII"
    open_nodes, literals = [parser.parse(text).root_node], []
    while open_nodes:
        node = open_nodes.pop()
        if node.type == "ERROR" or node.is_missing:
            yield f"line {node.start_point.row + 1}: {node.text!r}"
        if node.type == "verbatim_string_characters":
            literals.append(node.text.decode()[1:-1].replace("''", "'"))
        open_nodes.extend(node.children)
    if value is not None and value not in literals:
        yield f"not among the literals: {value}"


def container_apps(path, value):
    import yaml
    from azure.mgmt.appcontainers.models import Job

    def walk(model, place):
        fields = {field._rest_name: name for name, field in type(model)._attr_to_rest_field.items()}
        for key in model.keys():
            if key in fields:
                yield from values(getattr(model, fields[key]), f"{place}.{key}")
            else:
                yield f"no such property: {place}.{key}"

    def values(item, place):
        if hasattr(item, "_attr_to_rest_field"):
            yield from walk(item, place)
        elif isinstance(item, list):
            for each in item:
                yield from values(each, place)
        elif isinstance(item, dict):
            for key, each in item.items():
                yield from values(each, f"{place}.{key}")

    with open(path, encoding="utf-8") as file:
        job = yaml.safe_load(file)
    yield from walk(Job(job), "job")
    container = job["properties"]["template"]["containers"][0]
    if any(not isinstance(word, str) for word in container["args"]):
        yield "an argument that is no text"


def kubernetes(path, value):
    """What a schema does not say: the least a pod needs."""
    import yaml

    with open(path, encoding="utf-8") as file:
        objects = {item["kind"]: item for item in yaml.safe_load_all(file)}
    job = objects["CronJob"]["spec"]
    pod = job["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    security = container["securityContext"]
    rules = {
        "Forbid": job["concurrencyPolicy"] == "Forbid",
        "no token of the cluster": pod["automountServiceAccountToken"] is False
        and objects["ServiceAccount"]["automountServiceAccountToken"] is False,
        "not root": pod["securityContext"]["runAsNonRoot"] is True,
        "seccomp": pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"},
        "capabilities": security["capabilities"] == {"drop": ["ALL"]},
        "read-only": security["readOnlyRootFilesystem"] is True,
        "no escalation": security["allowPrivilegeEscalation"] is False,
        "requests": {"cpu", "memory"} <= set(container["resources"]["requests"]),
        "durable": any("persistentVolumeClaim" in volume for volume in pod["volumes"]),
        "words": all(isinstance(word, str) for word in container["args"]),
    }
    yield from (name for name, held in rules.items() if not held)


def script(path, value):
    """Writes the shell script of a workflow or pipeline to standard output."""
    import yaml

    with open(path, encoding="utf-8") as file:
        document = yaml.safe_load(file)
    jobs = document["jobs"]
    step = (jobs["scan"] if isinstance(jobs, dict) else jobs[0])["steps"][1]
    sys.stdout.write("#!/bin/bash\n" + (step.get("run") or step["inputs"]["inlineScript"]))
    return iter(())


KINDS = {"plist": plist, "task": task, "powershell": powershell, "container-apps": container_apps, "kubernetes": kubernetes,
         "script": script}

try:
    problems = list(KINDS[sys.argv[1]](sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None))
except ModuleNotFoundError as missing:
    print(missing)
    sys.exit(77)
print("\n".join(problems), file=sys.stderr)
sys.exit(bool(problems))

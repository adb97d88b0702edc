# AUTH: app
from . import graph
from .graph import call as ask
from .places import APPS

name = "deviceManagement"


def tidy(key):
    ask("GET", f"{name}/managedDevices/{key}")
    ask("POST", f"deviceManagement/managedDevices/{key}/retire")  # MAA: deviceRetire retire
    graph.call("DELETE", f"{APPS}/{key}")  # MAA: app delete

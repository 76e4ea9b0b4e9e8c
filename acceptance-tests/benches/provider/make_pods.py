"""Makes many pods in one namespace, over several connections, as fast as the API server takes them.

Each pod has about six kilobytes, as one with a service mesh's sidecar has: labels, environment, volumes, probes. None of them runs.

Called with one JSON object on standard input: where the API server is, how many pods of how many Deployments, and how many roles their annotations name.
"""

import http.client
import json
import ssl
import sys
import threading
from urllib.parse import urlsplit

CONNECTIONS = 8


def pod(plan, number):
    workload = number % plan["workloads"]
    name = f"workload-{workload}"
    container = {
        "name": "main",
        "image": f"registry.example.com/{name}:1.2.3",
        "env": [{"name": f"SETTING_{index}", "value": f"a value of some length, number {index}, of {name}"} for index in range(25)],
        "volumeMounts": [{"name": f"volume-{index}", "mountPath": f"/var/lib/volume-{index}"} for index in range(4)],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}},
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}},
    }
    return {
        "metadata": {
            "name": f"{name}-{number}",
            "labels": {"app": name, "app.kubernetes.io/part-of": "bench", "pod-template-hash": f"{workload:08x}"},
            "annotations": {"iam.amazonaws.com/role": f"bench-{workload % plan['roles']}"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": name, "uid": name, "controller": True}],
        },
        "spec": {
            "serviceAccountName": "default",
            "automountServiceAccountToken": False,
            "containers": [container, {**container, "name": "sidecar"}],
            "volumes": [{"name": f"volume-{index}", "configMap": {"name": f"settings-{index}"}} for index in range(4)],
        },
    }


def make(plan, first, refusals):
    context = ssl.create_default_context(cafile=plan["authority"])
    context.load_cert_chain(plan["certificate"], plan["key"])
    connection = http.client.HTTPSConnection(urlsplit(plan["endpoint"]).netloc, context=context, timeout=60)
    path = f"/api/v1/namespaces/{plan['namespace']}/pods"
    for number in range(first, plan["pods"], CONNECTIONS):
        headers = {"user-agent": "bed", "content-type": "application/json"}
        connection.request("POST", path, json.dumps(pod(plan, number)), headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 201:
            refusals.append(text.decode(errors="replace")[:500])
            return


def main():
    plan, refusals = json.load(sys.stdin), []
    threads = [threading.Thread(target=make, args=(plan, first, refusals)) for first in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"refusals": refusals}))


main()

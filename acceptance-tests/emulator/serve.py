"""The bed's cloud in one process: serve.py FOLDER ACCOUNT

Writes the bed's certificates into FOLDER, serves IAM, EKS and STS on a free port of
127.0.0.1, the proxy to STS on another, and tells both in FOLDER/emulator.json.
"""

import asyncio
import json
import os
import pathlib
import sys


def settings(folder, account):
    """The emulator reads these when it is imported."""
    state = folder / "state"
    state.mkdir(exist_ok=True)
    for name in [one for one in os.environ if one.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update({
        "AUTH": "true", "SERVICES": "iam,eks,sts,ec2", "MINISTACK_ACCOUNT_ID": account, "MINISTACK_REGION": "eu-central-1",
        "BIND_HOST": "127.0.0.1", "IOT_MTLS_ENABLED": "0", "STATE_DIR": str(state), "TMPDIR": str(state), "LOG_LEVEL": "WARNING",
    })


async def main(folder, account):
    import access_policy_authorizer
    import action
    import certificates
    import clusters
    import eks_auth
    import eks_routes
    import http_server
    import iam_oidc_provider
    import iam_role
    import ministack_app
    import permissions
    import sts_proxy
    import web_identity
    from control import Control
    from faults import Faults
    from request_log import RequestLog

    certificates.write_all(folder)
    iam_oidc_provider.install()
    iam_role.install()
    clusters.install()
    eks_routes.install()
    permissions.install()
    web_identity.install(ministack_app.ministack.SERVICE_HANDLERS)
    eks_auth.install(ministack_app.ministack.SERVICE_HANDLERS)
    faults, log = Faults(), RequestLog()
    control = Control(folder, faults, log)

    async def handle(request):
        if request.path.startswith("/_bed/"):
            return await control.answer(request)
        if request.path.startswith("/authorize/"):
            return access_policy_authorizer.answer(request)
        service, asked, subject = action.identify(request)
        text = request.query + request.body.decode("utf-8", "replace")
        return await log.record(request, service, asked, subject,
                                faults.around(service, asked, text, lambda: ministack_app.answer(request)))

    control.serve = handle
    port = await http_server.listen(handle)
    proxy = await sts_proxy.listen(handle, certificates.server_context(folder))
    ready = folder / "emulator.json.new"
    ready.write_text(json.dumps({"port": port, "proxy_port": proxy, "pid": os.getpid()}))
    ready.rename(folder / "emulator.json")
    await asyncio.Event().wait()


if __name__ == "__main__":
    given = pathlib.Path(sys.argv[1]).resolve()
    given.mkdir(parents=True, exist_ok=True)
    settings(given, sys.argv[2])
    asyncio.run(main(given, sys.argv[2]))

"""JupyterHub's settings for a class on one server; `make hub` starts it with them.

XENT_HUB holds what the teacher asked for, as `classroom.Order` in JSON. Behind PORT, where the
proxy listens, the three ports above it are the hub's own and listen on this machine alone.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from traitlets.config import get_config

from bookkit.hub.classroom import (
    MATERIAL,
    STATE,
    STUDENTS,
    Order,
    ports,
    proxy_command,
)

HERE = Path(__file__).resolve().parent
HAND_IN = "hand-in"
HERE_ALONE = "http://127.0.0.1"

c = get_config()
order = Order.from_json(os.environ["XENT_HUB"])
state = order.folder / STATE
public, hub, proxy, service = ports(order.port)
scheme = "https" if order.certificate else "http"

c.JupyterHub.bind_url = f"{scheme}://{order.address}:{public}"
c.JupyterHub.ssl_cert = order.certificate
c.JupyterHub.ssl_key = order.key
c.JupyterHub.hub_bind_url = f"{HERE_ALONE}:{hub}"
c.JupyterHub.db_url = f"sqlite:///{state / 'jupyterhub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(state / "cookie_secret")
c.ConfigurableHTTPProxy.command = proxy_command()
c.ConfigurableHTTPProxy.api_url = f"{HERE_ALONE}:{proxy}"
c.ConfigurableHTTPProxy.pid_file = str(state / "proxy.pid")

# Who may log in is the list of the class, also after a name was taken out of it.
c.Authenticator.allowed_users = set(order.students)
c.Authenticator.allow_existing_users = False

c.Spawner.cmd = [sys.executable, "-P", str(HERE / "student_server.py")]
c.Spawner.args = ["--allow-root"] if order.trial and os.getuid() == 0 else []
c.Spawner.default_url = "/lab/tree/start.md"
c.Spawner.env_keep = ["PATH", "LANG", "LC_ALL"]
c.Spawner.environment = {
    "XENT_MATERIAL": str(order.folder / MATERIAL),
    "JUPYTER_CONFIG_PATH": str(HERE / "jupyter"),
}
c.Spawner.start_timeout = c.Spawner.http_timeout = 120

if order.trial:
    c.JupyterHub.authenticator_class = "shared-password"
    c.SharedPasswordAuthenticator.user_password = order.password
    c.JupyterHub.spawner_class = "simple"
    homes = order.folder / STUDENTS
    c.SimpleLocalProcessSpawner.home_dir_template = f"{homes}/{{username}}"
    c.Spawner.notebook_dir = f"{homes}/{{username}}"
else:
    c.JupyterHub.authenticator_class = "pam"
    c.JupyterHub.spawner_class = "jupyterhub.spawner.LocalProcessSpawner"
    c.Spawner.notebook_dir = "~/cross_entropy"

c.JupyterHub.services = [
    {
        "name": HAND_IN,
        "url": f"{HERE_ALONE}:{service}",
        "command": [sys.executable, "-P", "-m", "bookkit.hub.hand_in"],
        "environment": {
            "PYTHONPATH": str(HERE.parents[1]),
            "XENT_CLASS": str(order.folder),
            "XENT_ASSIGNMENTS": ",".join(order.assignments),
            "XENT_PROXY": f"{scheme}://127.0.0.1:{public}",
        },
        # The service reads a student's server with that student's own permission.
        "oauth_client_allowed_scopes": ["access:servers!user"],
        "oauth_no_confirm": True,
    }
]
c.JupyterHub.template_vars = {
    "announcement": f'<a href="/services/{HAND_IN}/">Hand in an assignment</a>'
}
c.JupyterHub.load_roles = [
    {"name": "user", "scopes": ["self", f"access:services!service={HAND_IN}"]}
]

"""Those who are compared: each makes the same environment, and looks whether it still is as declared."""

import json
import os
import pathlib
import shutil
import string
import subprocess

import meter

HERE = pathlib.Path(__file__).resolve().parent
PYTHON = HERE.parent.parent / ".venv" / "bin" / "python"


class Ground:
    """A corner of MiniStack of its own, and the variables that lead any AWS client there."""

    def __init__(self, endpoint, account, unique):
        # The access key of twelve digits is the account.
        made = subprocess.run(
            [PYTHON, HERE / "ground.py", endpoint, account, unique], check=True, stdout=subprocess.PIPE, text=True
        )
        self.words = json.loads(made.stdout)
        self.variables = {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": self.words["region"],
            "AWS_DEFAULT_REGION": self.words["region"],
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }


def filled(name, words):
    return string.Template((HERE / name).read_text()).safe_substitute(words)


class Envctl:
    name = "envctl"

    def __init__(self, folder, ground, binary):
        self.folder, self.variables, self.binary = folder, ground.variables | {"ENVCTL_CLOUD": "aws"}, binary
        (folder / "environments").mkdir()
        (folder / "environments" / "staging.yaml").write_text(filled("environment.yaml", ground.words))
        shutil.copytree(HERE.parent.parent / "templates", folder / "templates")

    def missing(self):
        return None

    def up(self, variables):
        return meter.run([self.binary, "up", "staging", "--yes"], self.folder, self.variables | variables)

    def drift(self, variables):
        return meter.run([self.binary, "drift", "staging"], self.folder, self.variables | variables)


class Terraform:
    name = "terraform"

    def __init__(self, folder, ground):
        self.folder, self.variables = folder, ground.variables
        self.plugins = os.environ.get("TF_PLUGIN_DIR")
        (folder / "main.tf").write_text(filled("main.tf", ground.words))

    def missing(self):
        if not shutil.which("terraform"):
            return "terraform is not on the PATH"
        if not self.plugins or not pathlib.Path(self.plugins).is_dir():
            return "TF_PLUGIN_DIR does not name a folder with the AWS provider"
        return None

    def prepare(self):
        meter.run(["terraform", "init", "-no-color", f"-plugin-dir={self.plugins}"], self.folder, self.variables)

    def up(self, variables):
        command = ["terraform", "apply", "-auto-approve", "-no-color"]
        return meter.run(command, self.folder, self.variables | variables)

    def drift(self, variables):
        # 2 is "something changed": an emulator reads some values back in other words. It has looked all the same.
        command = ["terraform", "plan", "-detailed-exitcode", "-no-color"]
        return meter.run(command, self.folder, self.variables | variables, expected=(0, 2))


class Script:
    name = "AWS CLI script"

    def __init__(self, folder, ground):
        self.folder, self.variables = folder, ground.variables | ground.words
        self.script = folder / "script.sh"
        shutil.copy(HERE / "script.sh", self.script)

    def missing(self):
        return None if shutil.which("aws") else "aws, the AWS CLI, is not on the PATH"

    def up(self, variables):
        return meter.run(["bash", self.script, "up"], self.folder, self.variables | variables)

    def drift(self, variables):
        return meter.run(["bash", self.script, "drift"], self.folder, self.variables | variables)

"""The template as `sam build` leaves it, from binaries that are built already.

`sam build` compiles both functions anew, which takes minutes, and changes one thing in the template: each function's
CodeUri, which then names a folder with its `bootstrap`. Here the same lines are added to the text, and nothing else.
"""

import shutil

import yaml
from emulated import BINARIES, ROOT, shown

# Files beside the template that sam uploads, by the property that names them.
REFERENCES = ("DefinitionUri", "TemplateURL")


class NotBuilt(Exception):
    """There is nothing to deploy."""


def build(folder):
    """Writes template.yaml and what it names to the folder; answers the path of the template there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")
    resources = _child(yaml.compose(text), "Resources")
    places = {}
    for logical_id, resource in ((key.value, value) for key, value in resources.value):
        properties = _child(resource, "Properties")
        binary = _binary(resource)
        if binary:
            places[properties.start_mark.line] = (properties.start_mark.column, logical_id)
            _package(BINARIES / binary, folder / logical_id)
        for name in REFERENCES:
            reference = _child(properties, name) if properties else None
            if isinstance(reference, yaml.ScalarNode):
                (folder / reference.value).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / reference.value, folder / reference.value)
    if not places:
        raise NotBuilt("template.yaml has no function that is built from a binary")
    lines = text.splitlines(keepends=True)
    for line, (column, logical_id) in sorted(places.items(), reverse=True):
        lines.insert(line, f"{' ' * column}CodeUri: {logical_id}\n")
    path = folder / "template.yaml"
    path.write_text("".join(lines), encoding="utf-8")
    configuration = ROOT / "samconfig.toml"
    if configuration.exists():
        shutil.copyfile(configuration, folder / configuration.name)
    return path


def types(path):
    """The type of every resource that a template may make, by its logical id."""
    described = _child(yaml.compose(path.read_text(encoding="utf-8")), "Resources").value
    return {logical_id.value: _child(resource, "Type").value for logical_id, resource in described}


def _child(node, name):
    """The value under a key of a mapping; none where there is no such key."""
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for key, value in node.value if key.value == name), None)


def _binary(resource):
    """The binary that a function is built from."""
    named = _child(_child(_child(resource, "Metadata"), "BuildProperties"), "Binary")
    return named.value if named else None


def _package(binary, folder):
    if not binary.is_file():
        raise NotBuilt(f"{shown(binary)} is missing: run make build first")
    folder.mkdir()
    shutil.copy(binary, folder / "bootstrap")

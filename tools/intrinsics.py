"""Resolves CloudFormation's intrinsic functions in values of a template, as far as this project's templates have them."""

import base64
import re

NO_VALUE = object()


class NotResolved(Exception):
    """The template has something here that nobody here knows how to resolve."""


class Intrinsics:
    """A template whose references have values: what they are, and which conditions hold, a class of its own says."""

    def reference(self, name):
        """What `Ref` gives."""
        raise NotImplementedError

    def attribute(self, logical_id, attribute):
        """What `Fn::GetAtt` gives."""
        raise NotImplementedError

    def holds(self, condition):
        """Whether the condition of this name holds."""
        raise NotImplementedError

    def resolve(self, value):
        """The value with every intrinsic function in it replaced; one that is not known here is an error."""
        if isinstance(value, list):
            return [one for one in map(self.resolve, value) if one is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (name, argument), *_ = value.items()
            if name == "Ref":
                return self.reference(argument)
            if name.startswith("Fn::"):
                return self._call(name, argument)
        resolved = {key: self.resolve(one) for key, one in value.items()}
        return {key: one for key, one in resolved.items() if one is not NO_VALUE}

    def _call(self, name, argument):
        if name == "Fn::Sub":
            text, more = argument if isinstance(argument, list) else (argument, {})
            more = self.resolve(more)
            # `${!Name}` is how a policy variable is written there.
            text = re.sub(r"\$\{([^!}]+)\}", lambda match: str(self._substitute(match[1], more)), text)
            return text.replace("${!", "${")
        if name == "Fn::GetAtt":
            return self.attribute(*(argument.split(".", 1) if isinstance(argument, str) else argument))
        if name == "Fn::If":
            condition, then, otherwise = argument
            return self.resolve(then if self.holds(condition) else otherwise)
        if name == "Fn::Join":
            separator, parts = argument
            return separator.join(map(str, self.resolve(parts)))
        if name == "Fn::Split":
            separator, text = argument
            return self.resolve(text).split(separator)
        if name == "Fn::Select":
            index, parts = argument
            return self.resolve(parts)[int(index)]
        if name == "Fn::Base64":
            return base64.b64encode(self.resolve(argument).encode()).decode()
        raise NotResolved(f"{name} is not known here")

    def _substitute(self, name, more):
        if name in more:
            return more[name]
        return self.attribute(*name.split(".", 1)) if "." in name else self.reference(name)

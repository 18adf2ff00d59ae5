#!/usr/bin/env bash
# Lints template.yaml and what is in stacks/, of this project or of another folder that has them; without AWS, and without
# network once its environments are there.
#     tools/lint-template.sh [FOLDER [LINTER…]]
# Linters: sam, cfn-lint, state-machines, checkov, policies; all of them by default. Prints what is wrong, and nothing else.
set -euo pipefail
project="$(cd "$(dirname "$0")/.." && pwd)"
cd "${1:-$project}"
shift || true
if [ $# -eq 0 ]; then set -- sam cfn-lint state-machines checkov policies; fi
templates=(template.yaml stacks/*.yaml)

# Whose account and region the caller is in has nothing to do with it, and there need be none.
unset AWS_PROFILE AWS_DEFAULT_PROFILE
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null PYTHONDONTWRITEBYTECODE=1
failed=0
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT

# A linter that is content has nothing to say that matters.
quietly() {
    local name="$1"
    shift
    if ! "$@" >"$scratch/output" 2>&1; then
        printf '%s:\n' "$name" >&2
        cat "$scratch/output" >&2
        failed=1
    fi
}

for linter in "$@"; do
    case "$linter" in
        sam)
            # cfn-lint is in it too, but of the template after SAM's translation, and with SAM's own properties known.
            quietly "sam validate --lint" "$project/tools/sam.sh" validate --lint --region us-east-1 \
                --template template.yaml
            ;;
        cfn-lint)
            "$project/tools/venv.sh" tests tests/requirements.txt
            quietly cfn-lint "$project/target/venv-tests/bin/cfn-lint" --include-checks I \
                --non-zero-exit-code informational -- "${templates[@]}"
            ;;
        state-machines)
            "$project/tools/venv.sh" linters tools/linters/requirements.txt
            "$project/tools/venv.sh" tests tests/requirements.txt
            quietly "state machines" "$project/target/venv-linters/bin/python" "$project/tools/state_machines.py" \
                template.yaml "$scratch/state-machines.yaml"
            quietly "state machines, by cfn-lint" "$project/target/venv-tests/bin/cfn-lint" --include-checks I \
                --non-zero-exit-code informational -- "$scratch/state-machines.yaml"
            ;;
        checkov)
            "$project/tools/venv.sh" linters tools/linters/requirements.txt
            quietly checkov "$project/target/venv-linters/bin/python" "$project/tools/checkov_report.py" \
                "${templates[@]}"
            ;;
        policies)
            "$project/tools/venv.sh" linters tools/linters/requirements.txt
            "$project/tools/venv.sh" tests tests/requirements.txt
            # Where the system has no node, the tests' packages do.
            PATH="$PATH:$project/target/venv-tests/bin"
            "$project/tools/node-packages.sh" iam tests/iam
            documents="$scratch/policies.json"
            quietly "IAM policies, by parliament" "$project/target/venv-linters/bin/python" \
                "$project/tools/policies.py" --documents "$documents" "${templates[@]}"
            if [ -e "$documents" ]; then
                quietly "IAM policies, by iam-policy and iam-data" node "$project/tests/iam/policies.mjs" \
                    --packages "$project/target/iam" --documents "$documents"
            fi
            ;;
        *)
            echo "tools/lint-template.sh: there is no linter $linter" >&2
            exit 64
            ;;
    esac
done
exit "$failed"

"""Runs ministack, the AWS emulator, with what AWS has and it lacks filled in: see the modules beside this one."""

import authorization
import schedules
import stack_sets
import stacks
import step_functions
import transport
from ministack.app import main

for module in (authorization, schedules, stack_sets, stacks, step_functions, transport):
    module.fill()
main()

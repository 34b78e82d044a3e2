#!/usr/bin/env node
// Checked in, so that package managers can link the command before anything is built.
import '../dist/cli/main.js';

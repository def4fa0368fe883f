import type { PluginCase } from "./corpus.ts";
import type { PluginHarm } from "./run-plugins.ts";

/** Programs of ours that reach for one thing each, with what comes of them where nothing holds them. */
export const OWN_ITEMS: readonly (PluginCase & { readonly unheld: PluginHarm })[] = [
  { id: "reads a file", code: "return require('node:fs').readFileSync('@CANARY_FILE@', 'utf8')", unheld: "read" },
  { id: "reads the environment", code: "return JSON.stringify(process.env)", unheld: "read" },
  {
    id: "reaches a server of this machine",
    code: "return new Promise((done) => { const s = require('node:net').connect(@PORT@, '127.0.0.1', () => s.end()); s.on('close', () => done('over')); s.on('error', done); })",
    unheld: "reached",
  },
  {
    id: "changes a file",
    code: "require('node:fs').appendFileSync('@PERSON@/.profile', 'evil'); return 'changed'",
    unheld: "changed",
  },
  { id: "ends a process", code: "return String(process.kill(@PID@, 'SIGKILL'))", unheld: "signalled" },
  {
    id: "starts a program",
    code: "return require('node:child_process').execSync('cat @CANARY_FILE@').toString()",
    unheld: "read",
  },
  { id: "says what runs it", code: "return process.version", unheld: "saw the process" },
];

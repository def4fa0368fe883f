/** What each kind of attack reads; said with `--help`, and as the next step where a corpus is none. */
export const FORMATS = Object.freeze({
  flow: "Give --corpus FILE with recorded tasks and attacks on them; without it our own are played.",
  claw: "Give --corpus FILE with tasks in the format of SafeClawArena.",
  "hidden-text":
    'Give --corpus FILE with a file such as { "items": [{ "id": "bidi", "technique": "override", "text": "…" }] }.',
  paths:
    'Give --corpus FILE with a file such as { "paths": [{ "path": "../../{FILE}" }, { "id": "root", "path": "/etc/passwd" }] }; {FILE} stands for what it is after.',
  ssrf: 'Give --corpus FILE with a file such as { "urls": [{ "url": "http://127.0.0.1/" }], "public": [{ "url": "http://127.0.0.1.example.org/" }] }.',
  exec: 'Give --corpus FILE with a file such as { "items": [{ "id": "keys", "script": "cat ~/.ssh/*", "expectDenied": true }, { "id": "list", "argv": ["ls"], "expectDenied": false }] }.',
  plugins:
    'Give --corpus FILE with a file such as { "items": [{ "id": "reads-a-file", "code": "return process.env" }] }.',
  unplugged: "Give --corpus FILE with recorded tasks and attacks; it may stand several times.",
});

/** Runs inside the small internet (see small-internet.ts): a program behind the wall dials, and the world says who was reached. */
import { chownSync, mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { WALL_PARTS } from "../../packages/execution/src/sandbox/wall/begin-behind-wall.ts";
import { SPARE_ID, bubblewrapArguments } from "../../packages/execution/src/sandbox/wall/bubblewrap-arguments.ts";
import { runBy } from "../../packages/execution/src/sandbox/wall/run-behind-wall.ts";

const { addresses, removed } = JSON.parse(process.argv[2] ?? "") as { addresses: string[]; removed: string | null }; // written by small-internet.ts

const reached: string[] = [];
const web = createServer((socket) => {
  reached.push((socket.localAddress ?? "").replace(/^::ffff:(?=[\d.]+$)/, ""));
  socket.on("error", () => undefined).end("hello");
});
await new Promise<void>((resolve) => void web.listen(80, "::", resolve));

const workspace = "/run/workspace";
mkdirSync(workspace);
if (process.getuid?.() === 0) chownSync(workspace, SPARE_ID, SPARE_ID);
const DIAL = `
import socket, sys
for address in sys.argv[1:]:
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    s.settimeout(2)
    try:
        s.connect((address, 80))
        print("reached", s.recv(9))
    except OSError as error:
        print("refused", error)
`;
const MEBIBYTE = 1024 * 1024;
const ran = await runBy("/usr/bin/bwrap", {
  ...WALL_PARTS,
  argumentsOf: (job, isRoot) => bubblewrapArguments(job, isRoot).filter((word) => word !== removed),
})(
  {
    argv: ["python3", "-c", DIAL, ...addresses],
    workspace,
    limits: {
      wallSeconds: 20,
      cpuSeconds: 10,
      processes: 1_024,
      openFiles: 64,
      fileBytes: MEBIBYTE,
      outputBytes: MEBIBYTE,
      memoryBytes: 300 * MEBIBYTE,
      temporaryBytes: MEBIBYTE,
      diskBytes: 100 * MEBIBYTE,
    },
  },
  AbortSignal.timeout(30_000),
);
const lines = ran.ok ? Buffer.from(ran.value.output).toString().trim().split("\n") : [];
const report = { ran: ran.ok && lines.length === addresses.length, reached };
process.stdout.write(JSON.stringify(report), () => process.exit(0));

/**
 * The program between a walled-in program and its gate: it listens on loopback of their own network namespace, passes every byte to the
 * gate's socket as it is, and starts the program that it is given as its child, whose input, output and exit are its own. It holds no
 * power that the program has not: the gate alone decides where anything goes, and does so on the other side. It is one file without
 * imports of ours, because it is bound into the wall alone. execution/sandbox starts it behind the wall, and nobody elsewhere.
 */
import { spawn } from "node:child_process";
import { connect, createServer } from "node:net";
import type { Socket } from "node:net";
import { constants } from "node:os";

const GATE = "/moltbot/gate.sock";
const PLACE = { host: "127.0.0.1", port: 1080 } as const;
const PASSED_ON = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR2", "SIGCONT"] as const;
/** As shells have it: not found, cannot be run, and 128 with the signal that ended it. */
const EXIT = { notFound: 127, notRun: 126, signal: 128 } as const;

const pass = (from: Socket, to: Socket): void => {
  from.on("error", () => to.destroy());
  from.on("close", () => to.destroy());
  from.pipe(to);
};

const runProgram = ([program = "", ...args]: readonly string[]): void => {
  // Before it starts: one that comes while it does reaches it as well.
  for (const signal of PASSED_ON) process.on(signal, () => child.kill(signal));
  const child = spawn(program, args, { stdio: "inherit" });
  child.on("error", (error: NodeJS.ErrnoException) => {
    const isMissing = error.code === "ENOENT";
    process.stderr.write(`${program}: ${isMissing ? "not found" : "cannot be run"}\n`);
    process.exit(isMissing ? EXIT.notFound : EXIT.notRun);
  });
  child.on("exit", (code, signal) =>
    process.exit(code ?? EXIT.signal + (signal === null ? 0 : constants.signals[signal])),
  );
};

const server = createServer({ allowHalfOpen: true }, (inside) => {
  const gate = connect({ path: GATE, allowHalfOpen: true });
  pass(inside, gate);
  pass(gate, inside);
});
server.on("error", () => {
  process.stderr.write("the way to the gate cannot be opened\n");
  process.exit(EXIT.notRun);
});
// Only then the program: its first request must find somebody.
server.listen(PLACE, () => runProgram(process.argv.slice(2)));

import { createInterface } from "node:readline";
import { CommandExit, INTERRUPTED } from "../context.ts";

/** How long keys that were pressed before a question may still arrive, in milliseconds. */
const TYPED_AHEAD = 60;

/** The lines of an input, one at a time. */
export interface Lines {
  /** The next line; null when there are no more. */
  next(): Promise<string | null>;
  /** Shows the prompt again after something was printed over it. */
  again(): void;
}

/** The lines of a pipe or a file: all of them, however long the answers between them take. */
const fromPipe = (stdin: NodeJS.ReadableStream): Lines => {
  const lines = createInterface({ input: stdin, crlfDelay: Infinity })[Symbol.asyncIterator]();
  return {
    next: async () => {
      const line = await lines.next();
      return line.done === true ? null : line.value;
    },
    again: () => undefined,
  };
};

/**
 * The lines of a person at a terminal. The terminal is held only while a line is typed, so that a question in between can
 * have it; lines of one paste wait for their turn.
 */
const fromTerminal = (prompt: string, stdin: NodeJS.ReadableStream, stderr: NodeJS.WritableStream): Lines => {
  const waiting: string[] = [];
  let history: string[] = [];
  let again = (): void => undefined;

  const read = (): Promise<string | null> =>
    new Promise((resolve, reject) => {
      const input = createInterface({ input: stdin, output: stderr, terminal: true, history, prompt });
      input.on("history", (lines: string[]) => {
        history = lines;
      });
      input.on("line", (line) => {
        waiting.push(line);
        setImmediate(() => input.close());
      });
      input.on("SIGINT", () => {
        again = () => undefined;
        input.removeAllListeners("close");
        input.close();
        stderr.write("\n");
        reject(new CommandExit(INTERRUPTED));
      });
      input.on("close", () => {
        again = () => undefined;
        const line = waiting.shift() ?? null;
        if (line === null) stderr.write("\n");
        resolve(line);
      });
      again = () => input.prompt(true);
      input.prompt();
    });

  return {
    next: async () => waiting.shift() ?? read(),
    again: () => again(),
  };
};

/** The lines of standard input; at a terminal with a prompt on standard error. */
export const readLines = (
  prompt: string,
  terminal: boolean = process.stdin.isTTY,
  stdin: NodeJS.ReadableStream = process.stdin,
  stderr: NodeJS.WritableStream = process.stderr,
): Lines => (terminal ? fromTerminal(prompt, stdin, stderr) : fromPipe(stdin));

/** Throws away what was typed before a question was on the screen: an Enter from then must not answer it. */
export const forgetTyped = async (): Promise<void> => {
  const { stdin } = process;
  const ignore = (): void => undefined;
  stdin.setRawMode(true);
  stdin.on("data", ignore);
  stdin.resume();
  await new Promise((resolve) => setTimeout(resolve, TYPED_AHEAD));
  stdin.off("data", ignore);
  stdin.pause();
  stdin.setRawMode(false);
};

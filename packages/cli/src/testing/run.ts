import { stripVTControlCharacters } from "node:util";
import { vi } from "vitest";
import { CommandExit, CommandFailure } from "../context.ts";
import type { Drill } from "../commands/doctor-attack.ts";
import type { Restore } from "../commands/backup.ts";
import { createProgram } from "../program.ts";
import { startFakeGateway } from "./fake-gateway.ts";
import type { Answer } from "./fake-gateway.ts";

/** Runs a command against a gateway that answers from a table; gives what was said, asked, and how it ended. */
export const run = async (
  argv: readonly string[],
  answers: Readonly<Record<string, Answer>>,
  environment: Readonly<Record<string, string>> = {},
  drill: Drill = () => Promise.reject(new Error("this test attacks nothing")),
  restore: Restore = () => Promise.reject(new Error("this test restores nothing")),
) => {
  const gateway = await startFakeGateway(answers);
  const said = { out: "", err: "" };
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    said.out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    said.err += String(text);
    return true;
  });
  vi.stubEnv("MOLTBOT_HOME", gateway.home);
  vi.stubEnv("MOLTBOT_URL", "");
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  try {
    await createProgram(drill, restore).parseAsync([...argv], { from: "user" });
    return { exit: 0, code: null, ...plain(said), asked: gateway.asked };
  } catch (cause) {
    if (cause instanceof CommandExit) return { exit: cause.code, code: null, ...plain(said), asked: gateway.asked };
    if (cause instanceof CommandFailure)
      return {
        exit: null,
        code: cause.failure.code,
        problem: cause.failure.message,
        next: cause.failure.next,
        ...plain(said),
        asked: gateway.asked,
      };
    throw cause;
  } finally {
    await gateway.close();
    vi.restoreAllMocks();
  }
};
const plain = ({ out, err }: { out: string; err: string }) => ({
  out: stripVTControlCharacters(out),
  err: stripVTControlCharacters(err),
});

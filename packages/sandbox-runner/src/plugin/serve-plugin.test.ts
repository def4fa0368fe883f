import { describe, expect, it } from "vitest";
import type { Visit } from "./engine.ts";
import { servePlugin } from "./serve-plugin.ts";

const START = { engine: "isolate", source: "", cpuMs: 1, memoryMiB: 8, outputBytes: 256, asksPerCall: 0 } as const;

describe("a worker whose engine passed a limit", () => {
  it.each(["cpu", "memory"] as const)("says that it breaks before it says that the call is over (%s)", async (kind) => {
    const order: string[] = [];
    const visit: Visit = { kind };
    const server = servePlugin({
      makeEngine: (_, __, leave) => ({
        load: () => {
          leave({ kind: "ready", token: "", id: 0, name: "", text: '{"tools":["run"],"events":[]}' });
          return { kind: "done" };
        },
        enter: () => visit,
        cpuMs: () => 0,
      }),
      say: (message) => void order.push(message.type),
      exit: (why) => void order.push(`broken by ${why}`),
    });
    server.handle({ type: "start", ...START });
    await new Promise(setImmediate);
    server.handle({ type: "call", token: "a", kind: "tool", name: "run", args: "{}" });
    expect(order).toEqual(["ready", `broken by ${kind}`, "done"]);
  });
});

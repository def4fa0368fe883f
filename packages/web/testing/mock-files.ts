/** The mock gateway's changed files: the same shapes, kept in memory. */
import { CallId, ConversationId, instantOf, TurnId } from "@moltbot/contracts";
import type {
  AgentId,
  ErrorCode,
  EventName,
  EventPayload,
  KeptChange,
  OperationInput,
  OperationName,
} from "@moltbot/contracts";

export interface FilesPorts {
  readonly agentId: AgentId;
  readonly uuid: () => string;
  readonly publish: <N extends EventName>(name: N, payload: EventPayload<N>) => void;
  readonly refuse: (code: ErrorCode, context?: Readonly<Record<string, string | number>>) => never;
}

const MINUTE = 60_000;

/** What these operations answer. */
export const filesHandlers = ({ agentId, uuid, publish, refuse }: FilesPorts, inhabited: boolean) => {
  let changes: readonly KeptChange[] = [];
  const add = (
    tool: string,
    minutes: number,
    files: readonly (readonly [path: string, before: number | null, now: number | null])[],
    state: KeptChange["state"] = "standing",
  ): void => {
    const callId = CallId.parse(uuid());
    const shown = files.map(([path, before, now]) => ({ path, before, now, state }));
    const at = instantOf(Date.now() - minutes * MINUTE);
    changes = [
      { callId, agentId, conversationId: null, tool, at, undoes: null, state, count: files.length, files: shown },
      ...changes,
    ];
  };
  if (inhabited) {
    add("file.delete", 3000, [["archive/2024.md", 9200, null]]);
    add("file.write", 95, [["packing list.txt", 640, 1210]], "changed");
    add("exec.keep", 60, [
      ["site/index.html", 2100, 2480],
      ["site/style.css", 800, 912],
      ["site/menu.css", null, 310],
      ["site/kitchen.jpg", null, 214_300],
    ]);
    add("file.append", 12, [["notes/lisbon.md", 1900, 2013]]);
    add("file.edit", 4, [
      ["a very long name of a file that nobody would give it but a machine, 2026-11-23.csv", 80, 84],
    ]);
  }

  const handlers: { readonly [N in OperationName]?: (input: OperationInput<N>) => unknown } = {
    "files.changes": ({ limit }) => changes.slice(0, limit),
    "files.undo": ({ callId, anyway }) => {
      const known = changes.find((one) => one.callId === callId) ?? refuse("NOT_FOUND", { kind: "undo" });
      if (known.state !== "standing" && !anyway) refuse("CONFLICT", { kind: "file" });
      const undoId = CallId.parse(uuid());
      const turned = known.files.map((file) => ({ ...file, before: file.now, now: file.before }));
      const undo: KeptChange = {
        ...known,
        callId: undoId,
        tool: "undo",
        at: instantOf(Date.now()),
        undoes: callId,
        state: "standing",
        files: turned.map((file) => ({ ...file, state: "standing" })),
      };
      const wayBack = known.undoes;
      changes = [
        undo,
        ...changes.map((one): KeptChange => {
          if (one.callId === callId)
            return {
              ...one,
              state: "back",
              files: one.files.map((file) => ({ ...file, now: file.before, state: "back" })),
            };
          return one.callId === wayBack
            ? {
                ...one,
                state: "standing",
                files: turned.map((file) => ({ ...file, before: file.now, now: file.before, state: "standing" })),
              }
            : one;
        }),
      ];
      publish("file:undone", { agentId, callId, undoId });
      return { callId, undoId, paths: known.files.map(({ path }) => path) };
    },
  };
  return {
    handlers,
    /** An agent changed a file; or somebody changed it since. */
    change: (path: string): void => {
      add("file.write", 0, [[path, null, 12]]);
      const ids = {
        conversationId: ConversationId.parse(uuid()),
        turnId: TurnId.parse(uuid()),
        callId: CallId.parse(uuid()),
      };
      publish("tool:executed", { ...ids, agentId, tool: "file.write", status: "ok" });
    },
    changedSince: (path: string): void => {
      changes = changes.map((one) =>
        one.files.some((file) => file.path === path)
          ? { ...one, state: "changed", files: one.files.map((file) => ({ ...file, state: "changed" })) }
          : one,
      );
    },
  };
};

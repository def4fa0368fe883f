import { createHash, randomUUIDv7 } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { ConversationId } from "@moltbot/contracts";
import { createWorkspaceCopy } from "../../sandbox/index.ts";
import type {
  Programs,
  ProgramPlace,
  ProgramWish,
  RunningProgram,
  WallOutcome,
  WallState,
} from "../../sandbox/index.ts";

/** What a program does, as a function over the folder of its copy. */
export type Act = (copy: string, wish: ProgramWish, signal: AbortSignal) => Promise<Partial<WallOutcome> | void>;

/** A program in the background, and what it was told. */
export interface Background {
  readonly running: RunningProgram;
  readonly wish: ProgramWish;
  readonly told: string[];
  /** It writes something. */
  say(text: string): void;
  ended: number | null;
}

/** Programs that are functions of the test, on real copies; no wall, because no process is started. */
export interface FakePrograms {
  readonly programs: Programs;
  readonly placeOf: (call: { readonly conversationId: ConversationId }) => Promise<ReturnType<typeof ok<ProgramPlace>>>;
  readonly wishes: ProgramWish[];
  readonly background: Background[];
  act: Act;
  state: WallState;
  /** The folder of the copy. */
  readonly copy: string;
  close(): Promise<void>;
}

const OUTCOME: WallOutcome = {
  exitCode: 0,
  stop: null,
  output: new Uint8Array(),
  errors: new Uint8Array(),
  dropped: 0,
  milliseconds: 20,
};

const inBackground = (wish: ProgramWish): Background => {
  let said: Buffer[] = [];
  const told: string[] = [];
  const one: Background = {
    wish,
    told,
    ended: null,
    say: (text) => void said.push(Buffer.from(text)),
    running: {
      id: randomUUIDv7(),
      input: (text, end) => {
        if (one.ended !== null) return err(moltbotError("NOT_FOUND", { kind: "program" }));
        told.push(`${Buffer.from(text).toString()}${end ? "<end>" : ""}`);
        return done;
      },
      output: () => {
        const output = Buffer.concat(said);
        said = [];
        return { output, dropped: 0, running: one.ended === null, exitCode: one.ended, stop: null };
      },
      end: async () => {
        one.ended ??= 137;
      },
    },
  };
  return one;
};

export const fakePrograms = async (workspace: string): Promise<FakePrograms> => {
  const folder = await mkdtemp(join(tmpdir(), "moltbot-copies-"));
  const place = (conversationId: ConversationId): ProgramPlace => ({
    workspace,
    copy: join(folder, conversationId, "copy"),
    key: conversationId,
    conversationId,
  });
  const hash = (content: string | Uint8Array): string => createHash("sha256").update(content).digest("hex");
  const copy = createWorkspaceCopy({ hash, isRoot: false });
  let last = "";
  const fake: FakePrograms = {
    wishes: [],
    background: [],
    act: async () => undefined,
    state: { kind: "ready" },
    get copy() {
      return last;
    },
    placeOf: async ({ conversationId }) => {
      const at = place(conversationId);
      last = at.copy;
      await mkdir(join(folder, conversationId), { recursive: true });
      return ok(at);
    },
    programs: {
      state: () => fake.state,
      copy,
      run: async (wish, signal) => {
        const fresh = await copy.refresh(wish.place, signal);
        if (!fresh.ok) return fresh;
        fake.wishes.push(wish);
        const acted = await fake.act(wish.place.copy, wish, signal);
        return ok({ ...OUTCOME, ...acted, conflicts: fresh.value.conflicts });
      },
      start: async (wish) => {
        const fresh = await copy.refresh(wish.place, new AbortController().signal);
        if (!fresh.ok) return fresh;
        fake.wishes.push(wish);
        const one = inBackground(wish);
        fake.background.push(one);
        return ok(one.running);
      },
      running: () => fake.background.filter(({ ended }) => ended === null).length,
      find: (key, id) =>
        fake.background.find(({ running, wish }) => running.id === id && wish.place.key === key)?.running ?? null,
      endAll: async () => {
        for (const one of fake.background) await one.running.end();
      },
      forget: async (conversation) => copy.remove(place(conversation).copy),
      close: async () => undefined,
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
  return fake;
};

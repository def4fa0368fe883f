import { mkdir, readdir, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { AgentId, ConversationId, PrincipalId, done, err, moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  ClockPort,
  LogPort,
  PrivacySubject,
  Repositories,
  Result,
  ToolCall,
} from "@moltbot/contracts";
import type { ProgramPlace, Programs } from "@moltbot/execution/sandbox";
import type { Home } from "./home.ts";

const IDLE_MILLISECONDS = 7 * 24 * 3_600_000;
const OWNER_FOLDER = 0o700;

/** Where the copies of a home lie: `<conversation>/<agent>-<person>`. */
export const copiesOf = ({ root }: Pick<Home, "root">): string => join(root, "copies");

const nameOf = (agent: AgentId, person: PrincipalId): string => `${agent}-${person}`;
const NAME = /^(.{36})-(.{36})$/;
/** Which tool starts what goes on by itself. */
const STARTS = "exec.start";

const notWritable = (home: string, cause: unknown): Result<never> => {
  const problem = cause instanceof Error && "code" in cause ? String(cause.code) : "a copy cannot be made or removed";
  return err(moltbotError("HOME_NOT_WRITABLE", { home, problem }));
};

export interface PlaceWish {
  readonly home: Pick<Home, "root">;
  readonly clock: Pick<ClockPort, "now">;
  /** Refuses whoever may not use the agent. */
  readonly workspaceOf: (call: Pick<ToolCall, "agentId" | "authority">) => Promise<Result<string>>;
}

/**
 * Where the programs of a call run; HOME_NOT_WRITABLE. The time of the conversation's folder, which no program can reach, says when it
 * was last asked for.
 */
export const placeFinder =
  ({ home, clock, workspaceOf }: PlaceWish) =>
  async (call: Pick<ToolCall, "agentId" | "authority" | "conversationId">): Promise<Result<ProgramPlace>> => {
    const workspace = await workspaceOf(call);
    if (!workspace.ok) return workspace;
    const { agentId, authority, conversationId } = call;
    const folder = join(copiesOf(home), conversationId);
    try {
      await mkdir(folder, { recursive: true, mode: OWNER_FOLDER });
      const now = new Date(clock.now());
      await utimes(folder, now, now);
    } catch (cause) {
      return notWritable(copiesOf(home), cause);
    }
    const name = nameOf(agentId, authority);
    const key = `${conversationId}/${name}`;
    return ok({ workspace: workspace.value, copy: join(folder, name), key, conversationId });
  };

/** The copies of a home, as erasing and time reach them. */
export interface ProgramCopies {
  /** Ends what runs for a conversation or a person, and removes their copies. Done twice, it finds nothing more. HOME_NOT_WRITABLE. */
  forget(subject: PrivacySubject): Promise<Result<void>>;
  /** Ends programs that run for somebody who may not use their agent any more, or whose agent may start none any more. */
  endHidden(): Promise<void>;
  /** Removes copies of conversations that are not there any more, and those that nobody asked for in a week. */
  sweep(): Promise<void>;
}

export interface ProgramCopiesWish {
  readonly home: Pick<Home, "root">;
  readonly programs: Pick<Programs, "forget" | "endAll" | "running" | "copy">;
  readonly agents: Pick<Repositories["agents"], "find">;
  readonly conversations: Pick<Repositories["conversations"], "find">;
  /** Reaches every row. */
  readonly system: AccessScope;
  readonly clock: Pick<ClockPort, "now">;
  readonly log: Pick<LogPort, "error" | "warn" | "info">;
}

const foldersIn = async (folder: string): Promise<readonly string[]> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
};

export const programCopies = (wish: ProgramCopiesWish): ProgramCopies => {
  const { home, programs, agents, conversations, system, clock, log } = wish;
  const root = copiesOf(home);

  /** All copies, by their keys. */
  const keys = async function* (): AsyncGenerator<{ readonly key: string; readonly name: string }> {
    for (const conversation of await foldersIn(root))
      for (const name of await foldersIn(join(root, conversation))) yield { key: `${conversation}/${name}`, name };
  };
  const forgetPerson = async (person: PrincipalId): Promise<void> => {
    for await (const { key, name } of keys()) {
      if (!name.endsWith(`-${person}`)) continue;
      await programs.endAll(key);
      await programs.copy.remove(join(root, key));
    }
  };
  const mayRun = async (name: string): Promise<boolean> => {
    const [, agent, person] = NAME.exec(name) ?? [];
    const [agentId, principalId] = [AgentId.safeParse(agent), PrincipalId.safeParse(person)];
    if (!agentId.success || !principalId.success) return false;
    const scope = { tenantId: system.tenantId, principalId: principalId.data, reach: "own" } as const;
    const found = await agents.find(scope, agentId.data);
    return found.ok && found.value.capabilities.some((tool) => tool === STARTS);
  };
  const isOver = async (id: ConversationId): Promise<boolean> => {
    const { mtimeMs } = await stat(join(root, id));
    if (Date.parse(clock.now()) - mtimeMs >= IDLE_MILLISECONDS) return true;
    const found = await conversations.find(system, id);
    // What cannot be looked up now is looked at again the next time.
    return !found.ok && found.error.code === "NOT_FOUND";
  };
  return {
    forget: async (subject) => {
      try {
        await (subject.kind === "person" ? forgetPerson(subject.id) : programs.forget(subject.id));
        return done;
      } catch (cause) {
        return notWritable(root, cause);
      }
    },
    endHidden: async () => {
      for await (const { key, name } of keys())
        if (programs.running(key) > 0 && !(await mayRun(name)))
          await programs.endAll(key).catch(() => log.error("programs that may not go on could not be ended", {}));
    },
    sweep: async () => {
      let removed = 0;
      for (const name of await foldersIn(root)) {
        const id = ConversationId.safeParse(name);
        // A folder that somebody put there by hand is theirs.
        if (!id.success) continue;
        try {
          if (!(await isOver(id.data))) continue;
          await programs.forget(id.data);
          removed += 1;
        } catch {
          log.warn("a copy of a workspace cannot be removed", { conversationId: id.data });
        }
      }
      if (removed > 0) log.info("copies of workspaces that nobody needs are removed", { copies: removed });
    },
  };
};

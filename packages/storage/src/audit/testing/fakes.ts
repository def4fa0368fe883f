import { err, instantOf, moltbotError, ok } from "@moltbot/contracts";
import type { ClockPort, LogPort, Result } from "@moltbot/contracts";
import { createContentSealer, randomBytes } from "../../crypto/index.ts";
import type { ContentSealer } from "../../crypto/index.ts";
import type { AuditDetailsRow, AuditDetailsStore } from "../details-store.ts";
import type { LogFile } from "../log-file.ts";
import { openLogFile } from "../log-file.ts";

/** The side table in memory, as strict as the real one, with a switch that makes it fail. */
export interface MemoryDetails extends AuditDetailsStore {
  readonly rows: AuditDetailsRow[];
  acknowledgedRows: number;
  failing: boolean;
}

export const memoryDetails = (): MemoryDetails => {
  const unavailable = (): Result<never> => err(moltbotError("DATABASE_UNAVAILABLE", { problem: "a test says so" }));
  const store: MemoryDetails = {
    rows: [],
    failing: false,
    acknowledgedRows: 0,
    put: async (rows, acknowledged) => {
      if (store.failing || rows.some((row, i) => row.sequence !== store.rows.length + i)) return unavailable();
      store.rows.push(...rows);
      store.acknowledgedRows = acknowledged;
      return ok(undefined);
    },
    acknowledged: async () => (store.failing ? unavailable() : ok(store.acknowledgedRows)),
    highest: async () => (store.failing ? unavailable() : ok(store.rows.length)),
    range: async (from, to) => (store.failing ? unavailable() : ok(store.rows.slice(from, to))),
    leaves: async (from, to) => store.range(from, to),
    forget: async (size) => {
      if (store.failing) return unavailable();
      store.rows.forEach((row, at) => {
        if (at < size) store.rows[at] = { ...row, subject: "system", sealed: null };
      });
      return ok(undefined);
    },
    truncate: async (size) => {
      store.rows.length = Math.min(store.rows.length, size);
      store.acknowledgedRows = Math.min(store.acknowledgedRows, size);
      return ok(undefined);
    },
  };
  return store;
};

/** A sealer with keys in memory, and a way to destroy one. */
export const memorySealer = (): { readonly content: ContentSealer; readonly keys: Map<string, Uint8Array> } => {
  const keys = new Map<string, Uint8Array>();
  const content = createContentSealer({
    find: (subject) => keys.get(subject) ?? null,
    findOrCreate: (subject) => {
      const key = keys.get(subject) ?? randomBytes(32);
      keys.set(subject, key);
      return ok(key);
    },
  });
  return { content, keys };
};

/** A clock that moves only when told. */
export const handClock = (): ClockPort & { pass(milliseconds: number): void } => {
  let passed = 0;
  return {
    now: () => instantOf(Date.UTC(2026, 10, 22, 12) + passed),
    monotonic: () => passed,
    pass: (milliseconds) => {
      passed += milliseconds;
    },
  };
};

/** A program log that keeps what it was told. */
export const keptLog = (): LogPort & { readonly lines: string[] } => {
  const lines: string[] = [];
  const keep = (level: string) => (message: string, fields?: Readonly<Record<string, unknown>>) =>
    void lines.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`);
  return { lines, debug: keep("debug"), info: keep("info"), warn: keep("warn"), error: keep("error") };
};

/** A real file whose writes and syncs fail while told to; a failed write may leave a part behind, as a full disk does. */
export const fragileFile = () => {
  const faults = { append: false, sync: false, read: false, leaveBytes: 0 };
  const refuse = (): never => {
    throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
  };
  const open = async (path: string): Promise<LogFile> => {
    const file = await openLogFile(path);
    return {
      ...file,
      read: async (position, length) => (faults.read ? refuse() : file.read(position, length)),
      append: async (bytes) => {
        if (!faults.append) return file.append(bytes);
        await file.append(bytes.subarray(0, faults.leaveBytes));
        return refuse();
      },
      sync: async () => (faults.sync ? refuse() : file.sync()),
      hold: () => {
        const held = file.hold();
        return { ...held, read: async (position, length) => (faults.read ? refuse() : held.read(position, length)) };
      },
    };
  };
  return { faults, open };
};

/** The value of a success; anything else ends the test. */
export const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`expected a success, got ${result.error.code}: ${result.error.message}`);
  return result.value;
};

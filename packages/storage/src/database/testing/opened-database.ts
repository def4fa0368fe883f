import { afterAll, beforeEach } from "vitest";
import type { Database } from "../index.ts";
import type { DatabaseParts } from "../open-database.ts";
import type { TestEngine } from "./engines.ts";
import { memorySealer, openTest, removeFolders } from "./world.ts";
import type { TestOptions } from "./world.ts";

/** The database of the test that runs, how it was opened, and what seals its content. */
export interface OpenedDatabase {
  readonly db: Database;
  readonly options: TestOptions;
  readonly sealer: ReturnType<typeof memorySealer>;
  /** Closes it and opens it again, as a restart does. */
  reopen(): Promise<void>;
  /** Another one of the engine, furnished alike and opened with other parts; whoever asks closes it. */
  beside(parts: Partial<DatabaseParts>): Promise<Database>;
}

/** For each test of the suite a database of the engine that holds what `furnish` puts there; closed and removed afterwards. */
export const openedDatabase = (
  engine: TestEngine,
  furnish: (db: Database) => Promise<unknown> = async () => undefined,
): OpenedDatabase => {
  const opened: { db?: Database; options?: TestOptions; sealer?: OpenedDatabase["sealer"] } = {};
  const present = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error("no test runs yet");
    return value;
  };
  beforeEach(async () => {
    opened.sealer = memorySealer();
    opened.options = engine.options({ sealer: opened.sealer });
    opened.db = await openTest(opened.options);
    await furnish(opened.db);
    return () => opened.db?.close();
  });
  afterAll(removeFolders);
  return {
    get db() {
      return present(opened.db);
    },
    get options() {
      return present(opened.options);
    },
    get sealer() {
      return present(opened.sealer);
    },
    reopen: async () => {
      await present(opened.db).close();
      opened.db = await openTest(present(opened.options));
    },
    beside: async (parts) => {
      const other = await openTest(engine.options({ sealer: memorySealer() }), parts);
      await furnish(other);
      return other;
    },
  };
};

import { existsSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import pino from "pino";
import type { LogPort } from "@moltbot/contracts";

const MOST_BYTES = 10 * 1024 * 1024;

/** The program's log, written line by line, so that a crash keeps what was said before it: JSON Lines with `timestamp level message` and ids, in `logs/gateway.jsonl`; the last one is kept as `.1`. */
export const openLog = (folder: string, level: string): LogPort & { setLevel(level: string): void } => {
  const file = join(folder, "gateway.jsonl");
  if (existsSync(file) && statSync(file).size > MOST_BYTES) renameSync(file, `${file}.1`);
  const destination = pino.destination({ dest: file, sync: true, mode: 0o600, mkdir: true });
  const logger = pino(
    {
      level,
      messageKey: "message",
      base: null,
      timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
      formatters: { level: (name) => ({ level: name }) },
    },
    destination,
  );
  return {
    debug: (message, fields = {}) => logger.debug(fields, message),
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
    setLevel: (next) => {
      logger.level = next;
    },
  };
};

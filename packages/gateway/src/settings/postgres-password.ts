import { readFileSync, statSync } from "node:fs";
import type { Environment } from "./environment.ts";
import type { Settings } from "./schema.ts";

type Server = Pick<Settings["database"], "host" | "port" | "name" | "user">;

/** The five fields of a line; a backslash takes the special meaning from the next character. */
const fieldsOf = (line: string): readonly string[] =>
  [...line.matchAll(/((?:\\.|[^\\:])*)(?::|$)/gsu)]
    .slice(0, 5)
    .map(([, field = ""]) => field.replace(/\\(.)/gsu, "$1"));

const isPrivate = (file: string): boolean => process.platform === "win32" || (statSync(file).mode & 0o077) === 0;

/**
 * The password for a server in the file that PGPASSFILE names (`host:port:database:user:password` a line, `*` for any; PostgreSQL,
 * section 34.16). As libpq does, a file that others may read is left aside; undefined where none fits.
 */
export const postgresPasswordOf = (environment: Environment, server: Server): string | undefined => {
  const file = environment["PGPASSFILE"];
  if (file === undefined || file === "") return undefined;
  const wanted = [server.host, String(server.port), server.name, server.user];
  try {
    if (!isPrivate(file)) return undefined;
    return readFileSync(file, "utf8")
      .split(/\r?\n/)
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map(fieldsOf)
      .find(
        (fields) => fields.length === 5 && wanted.every((value, at) => fields[at] === "*" || fields[at] === value),
      )?.[4];
  } catch {
    return undefined; // no file: the server says that a password is missing
  }
};

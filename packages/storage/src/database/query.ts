import type { AccessScope } from "@moltbot/contracts";
import type Sqlite from "better-sqlite3-multiple-ciphers";
import { sql } from "kysely";
import type { Compilable, Expression, Kysely, RawBuilder, SqlBool } from "kysely";
import { builder, elementsOf } from "./dialect-sqlite.ts";
import type { Schema } from "./schema.ts";
import type { Visibility } from "./visibility.ts";

export type SqlValue = string | number | null | Uint8Array;

/** Stands in a compiled statement for an argument that comes later. */
class Slot {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}
const slot = <T>(name: string): RawBuilder<T> => sql`${sql.val(new Slot(name))}`;

export interface QueryParts<A> {
  readonly db: Kysely<Schema>;
  /** The arguments by name. */
  readonly slot: { readonly [Name in keyof A]: RawBuilder<A[Name]> };
  /** The condition under which the scope sees a row of this table. */
  readonly visible: (table: string) => Expression<SqlBool>;
  readonly elementsOf: (array: RawBuilder<unknown>) => RawBuilder<unknown>;
}

/** One statement, compiled and prepared once for each reach, then only run. A null scope is for tables without owners. */
export interface Query<A, R> {
  one(scope: AccessScope | null, values: A): R | undefined;
  all(scope: AccessScope | null, values: A): readonly R[];
  /** How many rows it changed. */
  run(scope: AccessScope | null, values: A): number;
}
export type DefineQuery = <A extends { readonly [Name in keyof A]: SqlValue }, R>(
  build: (parts: QueryParts<A>) => Compilable<R>,
) => Query<A, R>;

interface Prepared {
  readonly statement: Sqlite.Statement<unknown[]>;
  readonly parameters: readonly unknown[];
}

const SCOPE_TENANT = new Slot("scope tenant");
const SCOPE_PRINCIPAL = new Slot("scope principal");

/** Makes the `define` of one connection. */
export const createDefine =
  (handle: Sqlite.Database, visibility: Visibility): DefineQuery =>
  <A extends { readonly [Name in keyof A]: SqlValue }, R>(
    build: (parts: QueryParts<A>) => Compilable<R>,
  ): Query<A, R> => {
    const prepared = new Map<string, Prepared>();

    const slots = new Proxy(Object.create(null) as QueryParts<A>["slot"], {
      get: (_target, name) => slot(String(name)), // every name is a slot: the type says which exist
    });

    const prepare = (scope: AccessScope | null): Prepared => {
      const compiled = build({
        db: builder,
        slot: slots,
        elementsOf,
        visible: (table) => {
          if (scope === null) throw new Error(`a query on ${table} needs an access scope`);
          return visibility(scope.reach, table, {
            tenant: sql`${sql.val(SCOPE_TENANT)}`,
            principal: sql`${sql.val(SCOPE_PRINCIPAL)}`,
          });
        },
      }).compile();
      return { statement: handle.prepare(compiled.sql), parameters: compiled.parameters };
    };

    const bind = (scope: AccessScope | null, values: A): { statement: Prepared["statement"]; bound: unknown[] } => {
      const key = scope === null ? "" : scope.reach;
      let found = prepared.get(key);
      if (found === undefined) {
        found = prepare(scope);
        prepared.set(key, found);
      }
      const bound = found.parameters.map((parameter) => {
        if (parameter === SCOPE_TENANT) return scope?.tenantId;
        if (parameter === SCOPE_PRINCIPAL) return scope?.principalId;
        return parameter instanceof Slot ? values[parameter.name as keyof A] : parameter; // the slot was made from A's own name
      });
      return { statement: found.statement, bound };
    };

    return {
      one: (scope, values) => {
        const { statement, bound } = bind(scope, values);
        return statement.get(...bound) as R | undefined; // the builder's typed result of this very statement
      },
      all: (scope, values) => {
        const { statement, bound } = bind(scope, values);
        return statement.all(...bound) as readonly R[]; // the builder's typed result of this very statement
      },
      run: (scope, values) => {
        const { statement, bound } = bind(scope, values);
        return statement.run(...bound).changes;
      },
    };
  };

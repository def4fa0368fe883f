import type { AccessScope } from "@moltbot/contracts";
import { sql } from "kysely";
import type { Compilable, Expression, Kysely, RawBuilder, SqlBool } from "kysely";
import type { Dialect } from "./dialect.ts";
import type { Engine, Statement } from "./engine.ts";
import type { Schema } from "./schema.ts";
import type { Need, Visibility } from "./visibility.ts";

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
  /** The condition under which the scope sees a row of this table; `need`: to use it, when absent. */
  readonly visible: (table: string, need?: Need) => Expression<SqlBool>;
  readonly dialect: Dialect;
}

/** One statement, compiled and prepared once for each reach, then only run inside the steps of a gate. A null scope is for tables without owners. */
export interface Query<A, R> {
  one(scope: AccessScope | null, values: A): Promise<R | undefined>;
  all(scope: AccessScope | null, values: A): Promise<readonly R[]>;
  /** How many rows it changed. */
  run(scope: AccessScope | null, values: A): Promise<number>;
}
export type DefineQuery = <A extends { readonly [Name in keyof A]: SqlValue }, R>(
  build: (parts: QueryParts<A>) => Compilable<R>,
) => Query<A, R>;

interface Prepared {
  readonly statement: Statement;
  readonly parameters: readonly unknown[];
}

const SCOPE_TENANT = new Slot("scope tenant");
const SCOPE_PRINCIPAL = new Slot("scope principal");

/** Makes the `define` of one open database. */
export const createDefine =
  (engine: Engine, visibility: Visibility): DefineQuery =>
  <A extends { readonly [Name in keyof A]: SqlValue }, R>(
    build: (parts: QueryParts<A>) => Compilable<R>,
  ): Query<A, R> => {
    const { dialect } = engine;
    const prepared = new Map<string, Prepared>();

    const slots = new Proxy(Object.create(null) as QueryParts<A>["slot"], {
      get: (_target, name) => slot(String(name)), // every name is a slot: the type says which exist
    });

    const prepare = (scope: AccessScope | null): Prepared => {
      const compiled = build({
        db: dialect.builder,
        slot: slots,
        dialect,
        visible: (table, need = "use") => {
          if (scope === null) throw new Error(`a query on ${table} needs an access scope`);
          const slots = { tenant: sql`${sql.val(SCOPE_TENANT)}`, principal: sql`${sql.val(SCOPE_PRINCIPAL)}` };
          return visibility(scope.reach, table, slots, dialect, need);
        },
      }).compile();
      return { statement: engine.statement(compiled.sql), parameters: compiled.parameters };
    };

    const bind = (scope: AccessScope | null, values: A): { statement: Statement; bound: SqlValue[] } => {
      const key = scope === null ? "" : scope.reach;
      let found = prepared.get(key);
      if (found === undefined) {
        found = prepare(scope);
        prepared.set(key, found);
      }
      const bound = found.parameters.map((parameter): SqlValue => {
        if (parameter === SCOPE_TENANT) return scope?.tenantId ?? null;
        if (parameter === SCOPE_PRINCIPAL) return scope?.principalId ?? null;
        return parameter instanceof Slot ? values[parameter.name as keyof A] : (parameter as SqlValue); // the slot was made from A's own name; everything else the builder was given as a value
      });
      return { statement: found.statement, bound };
    };

    // Each result is the builder's typed result of this very statement.
    return {
      one: async (scope, values) => {
        const { statement, bound } = bind(scope, values);
        return (await statement.one(bound)) as R | undefined;
      },
      all: async (scope, values) => {
        const { statement, bound } = bind(scope, values);
        return (await statement.all(bound)) as readonly R[];
      },
      run: async (scope, values) => {
        const { statement, bound } = bind(scope, values);
        return statement.run(bound);
      },
    };
  };

/** The part of the driver that this room uses; the package's own types are not reachable through its `exports`. */
declare module "better-sqlite3-multiple-ciphers" {
  namespace Sqlite {
    interface Statement<Bound extends unknown[] = unknown[], Result = unknown> {
      run(...bound: Bound): { readonly changes: number };
      get(...bound: Bound): Result | undefined;
      all(...bound: Bound): Result[];
      /** Rows become their first column. */
      pluck(): this;
    }
    interface Database {
      readonly open: boolean;
      readonly inTransaction: boolean;
      prepare<Bound extends unknown[] = unknown[], Result = unknown>(source: string): Statement<Bound, Result>;
      transaction(work: () => void): { immediate(): void };
      exec(source: string): this;
      /** SQLite3MC's sqlite3_key: `raw:` and the bytes of the page key. */
      key(key: Buffer): number;
      pragma(source: string): unknown;
      close(): this;
    }
    interface SqliteError extends Error {
      readonly code: string;
    }
  }
  const Sqlite: {
    new (file: string, options: { readonly: boolean; fileMustExist: boolean; timeout: number }): Sqlite.Database;
    readonly SqliteError: abstract new () => Sqlite.SqliteError;
  };
  export default Sqlite;
}

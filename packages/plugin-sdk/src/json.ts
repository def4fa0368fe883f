/** What passes between a plugin and the house, in both directions: JSON and nothing else. Numbers are finite. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  readonly [name: string]: Json;
}

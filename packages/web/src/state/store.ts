import { reduce } from "./reduce.ts";
import { INITIAL_STATE } from "./state.ts";
import type { Action, State } from "./state.ts";

/** Holds the state and tells listeners after each change. */
export interface Store {
  readonly state: State;
  dispatch(action: Action): void;
  /** Returns the function that ends the subscription. */
  subscribe(listener: () => void): () => void;
}

export const createStore = (): Store => {
  let state = INITIAL_STATE;
  const listeners = new Set<() => void>();
  return {
    get state() {
      return state;
    },
    dispatch(action) {
      const next = reduce(state, action);
      if (next === state) return;
      state = next;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};

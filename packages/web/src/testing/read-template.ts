interface Template {
  readonly strings: readonly string[];
  readonly values: readonly unknown[];
}

/** A template as text, without a document: markup with its values in place, and what its listeners do. */
export interface ReadTemplate {
  readonly markup: string;
  /** The words alone, in order. */
  readonly words: string;
  /** Calls the listener of `event` on the element whose words or label contain `label`. */
  fire(event: string, label: string, argument?: unknown): void;
  /** The function that some element was handed as this property. */
  handed(property: string): (...given: readonly unknown[]) => unknown;
}

const isTemplate = (value: unknown): value is Template =>
  typeof value === "object" && value !== null && "strings" in value && "values" in value;

/** `repeat` hands its pieces on as [items, key, template]. */
const repeated = (value: unknown): readonly unknown[] | null => {
  if (typeof value !== "object" || value === null || !("_$litDirective$" in value)) return null;
  const [items, , template] = (value as unknown as { values: readonly unknown[] }).values; // Lit's own shape of a directive
  const make = template as (item: unknown) => unknown; // repeat's third argument
  return [...(items as Iterable<unknown>)].map((item) => make(item)); // repeat's first argument
};

/** Reads what a template would show. Text is not escaped: this is for asserting, never for showing. */
export const readTemplate = (template: unknown): ReadTemplate => {
  const listeners: ((...given: readonly unknown[]) => unknown)[] = [];
  const flatten = (value: unknown): string => {
    const list = repeated(value);
    if (list !== null) return list.map(flatten).join("");
    if (Array.isArray(value)) return value.map(flatten).join("");
    if (isTemplate(value)) return value.strings.map((text, index) => text + flatten(value.values[index])).join("");
    if (typeof value === "function") {
      listeners.push(value as (typeof listeners)[number]); // a listener or a callback property
      return `listener-${listeners.length - 1}`;
    }
    return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";
  };
  const markup = flatten(template);
  return {
    markup,
    words: markup
      .replace(/<[^>]*>/g, " ")
      .replace(/\s+/g, " ")
      .trim(),
    handed(property) {
      const found = listeners[Number(new RegExp(`\\.${property}=listener-(\\d+)`).exec(markup)?.[1] ?? NaN)];
      if (found === undefined) throw new Error(`nothing was handed “${property}”`);
      return found;
    },
    fire(event, label, argument = new Event(event, { cancelable: true })) {
      const elements = [
        ...markup.matchAll(
          /<(button|form|input|textarea|select|dialog|main|a|div)\b[^>]*>(?:(?!<\1\b)[\s\S])*?(?=<\/\1>|<(?:button|input|textarea|select)\b|$)/g,
        ),
      ];
      const found = elements.find(([text]) => text.includes(label) && text.includes(`@${event}=`));
      const index = new RegExp(`@${event}=listener-(\\d+)`).exec(found?.[0] ?? "")?.[1];
      const listener = index === undefined ? undefined : listeners[Number(index)];
      if (listener === undefined) throw new Error(`nothing called “${label}” listens for ${event}`);
      listener(argument);
    },
  };
};

import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import jsep from "jsep";

const DEEPEST = 32;
const SIGNIFICANT_DIGITS = 15;

/** Why an expression cannot be calculated; it never quotes the expression. */
class Uncalculable extends Error {}

// The power sign is ours: jsep knows it as the bitwise exclusive or. Above multiplication, and from right to left.
jsep.addBinaryOp("^", 11, true);
// Brackets stay visible in the tree: -2^2 is -4 and (-2)^2 is 4.
jsep.hooks.add("gobble-token", function keepBrackets(env) {
  if (this.char === "(") env.node = { type: "Group", argument: this.gobbleGroup() };
});

const isNode = (value: unknown): value is jsep.Expression =>
  typeof value === "object" && value !== null && "type" in value;

const apply = (operator: unknown, left: number, right: number): number => {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
    case "%":
      if (right === 0) throw new Uncalculable("it divides by zero");
      return operator === "/" ? left / right : left % right;
    case "^":
      return left ** right;
    default:
      throw new Uncalculable("it uses an operator that is not known");
  }
};

const isMinus = (node: unknown): node is jsep.Expression =>
  isNode(node) && node.type === "UnaryExpression" && node["operator"] === "-";

const valueOf = (node: unknown, depth: number): number => {
  if (depth > DEEPEST) throw new Uncalculable(`it is nested deeper than ${DEEPEST} levels`);
  if (!isNode(node)) throw new Uncalculable("a number is missing");
  const inner = (child: unknown): number => valueOf(child, depth + 1);
  switch (node.type) {
    case "Literal":
      if (typeof node["value"] !== "number") throw new Uncalculable("it holds something that is not a number");
      return node["value"];
    case "Group":
      return inner(node["argument"]);
    case "UnaryExpression":
      if (node["operator"] === "-") return -inner(node["argument"]);
      if (node["operator"] === "+") return inner(node["argument"]);
      throw new Uncalculable("it uses an operator that is not known");
    case "BinaryExpression":
      if (node["operator"] === "^" && isMinus(node["left"])) {
        return -valueOf({ ...node, left: node["left"]["argument"] }, depth + 1);
      }
      return apply(node["operator"], inner(node["left"]), inner(node["right"]));
    default:
      throw new Uncalculable("only numbers, + - * / % ^ and brackets are known");
  }
};

const parse = (text: string): jsep.Expression => {
  try {
    return jsep(text.replaceAll("×", "*").replaceAll("÷", "/").replaceAll("−", "-"));
  } catch (thrown) {
    throw thrown instanceof Uncalculable ? thrown : new Uncalculable("it cannot be read");
  }
};

/** The value of an arithmetic expression as plain text; EXPRESSION_INVALID for anything else. Nothing is ever executed. */
export const evaluate = (text: string): Result<string> => {
  try {
    const value = valueOf(parse(text), 0);
    if (Number.isNaN(value)) throw new Uncalculable("it has no real result");
    if (!Number.isFinite(value)) throw new Uncalculable("the result is too large");
    // Fifteen digits are exact for people: 0.1 + 0.2 is 0.3. Adding 0 turns -0 into 0.
    return ok(String(Number(value.toPrecision(SIGNIFICANT_DIGITS)) + 0));
  } catch (thrown) {
    const problem = thrown instanceof Uncalculable ? thrown.message : "it cannot be read";
    return err(moltbotError("EXPRESSION_INVALID", { problem }));
  }
};

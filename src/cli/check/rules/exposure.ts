/**
 * Who may do more, or less, than its author is likely to have meant.
 *
 * Invariant: each is about what a kind of caller may do with a table at all, not about which rows.
 */
import { admits } from "../../../table/kinds.js";
import { list, type TableRule } from "./scene.js";

export const publicWrite: TableRule = ({ table: { definition }, kinds }) => {
  const { commands, table: name } = definition;
  const anonymous = kinds.filter((kind) => kind.name === "anonymous");
  return (["update", "delete"] as const).flatMap((operation) => {
    const condition = operation === "update" ? commands.update?.using : commands.delete;
    return anonymous.some((kind) => admits(condition, kind, definition))
      ? [
          {
            code: "public_write" as const,
            table: name.name,
            path: `access.${operation}`,
            message: `Anyone may ${operation} rows without signing in.`,
            fix: "Name roles, or AUTHENTICATED.",
          },
        ]
      : [];
  });
};

const secret =
  /(?:^|_)(?:password|passwd|pwd|secret|token|api_?key|private_?key|client_?secret|access_?key|ssn|social_?security|credit_?card|card_?number|cvv|iban|pin)(?:$|_|hash$)/;

const snake = (name: string): string => name.replace(/([a-z\d])([A-Z])/g, "$1_$2").toLowerCase();

export const readableSecret: TableRule = ({ table: { definition }, kinds }) => {
  if (!kinds.some((kind) => admits(definition.commands.select, kind, definition))) return [];
  return Object.values(definition.columns)
    .filter((column) => secret.test(snake(column.key)) || secret.test(snake(column.name)))
    .map((column) => ({
      code: "readable_secret",
      table: definition.table.name,
      path: `columns.${column.key}`,
      message: `"${column.key}" looks like a secret, and whoever may read the row may read it.`,
      fix: "Keep it in a table of its own without a read rule, or store only a hash under another name.",
    }));
};

export const writeWithoutRead: TableRule = ({ table: { definition }, kinds }) => {
  const { commands, table: name } = definition;
  const blind = kinds.filter(
    (kind) => admits(commands.insert, kind, definition) && !admits(commands.select, kind, definition),
  );
  return blind.length === 0
    ? []
    : [
        {
          code: "write_without_read",
          table: name.name,
          path: "access.create",
          message: `${list(blind.map((kind) => kind.name))} may create rows that they can never read.`,
          fix: "Add a read rule for them, or accept it if that is the point (a contact form).",
        },
      ];
};

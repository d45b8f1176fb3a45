/** A variable that has no value. */
export class VariableError extends Error {
  readonly variable: string;
  constructor(variable: string, message: string) {
    super(message);
    this.name = 'VariableError';
    this.variable = variable;
  }
}

const VARIABLE = /\$(?:(\$)|([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-?+])([^{}]*))?\}|(.?))/gs;

/**
 * Puts variables into a text (Compose Specification, 12-interpolation.md): `$VAR`, `${VAR}`, `${VAR:-default}`, `${VAR-default}`, `${VAR:?message}`, `${VAR?message}`, `${VAR:+other}`, `${VAR+other}`; `$$` is a
 * dollar. With a colon an empty value counts as none. Values come from the reader's options alone, never from the environment. Defaults with variables of their own are not supported.
 * @throws VariableError
 */
export function interpolate(text: string, variables: ReadonlyMap<string, string>): string {
  if (!text.includes('$')) return text;
  return text.replaceAll(VARIABLE, (whole, dollar: string | undefined, plain: string | undefined, braced: string | undefined, operator: string | undefined, word: string | undefined) => {
    if (dollar !== undefined) return '$';
    const name = plain ?? braced;
    if (name === undefined) throw new VariableError('', `"${whole}" is no variable; expected \${NAME} or \${NAME:-default}, and $$ for a dollar`);
    const value = variables.get(name);
    const has = value !== undefined && (operator?.startsWith(':') !== true || value !== '');
    switch (operator?.at(-1)) {
      case '+':
        return has ? word! : '';
      case '-':
        return has ? value : word!;
      default:
        if (!has) throw new VariableError(name, operator === undefined || word === '' ? `the variable ${name} has no value` : `the variable ${name} has no value: ${word}`);
        return value;
    }
  });
}

/** As {@link interpolate} in every text of a JSON value. A text that becomes a number or a truth value by it counts as one, as if it had been written so. @param failed told where it went wrong */
export function interpolateAll(value: unknown, variables: ReadonlyMap<string, string>, path: readonly PropertyKey[], failed: (path: readonly PropertyKey[], error: VariableError) => Error): unknown {
  if (typeof value === 'string') {
    try {
      const text = interpolate(value, variables);
      if (text === value) return value;
      if (text === 'true' || text === 'false') return text === 'true';
      return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
    } catch (error) {
      if (error instanceof VariableError) throw failed(path, error);
      throw error;
    }
  }
  if (Array.isArray(value)) return value.map((entry, i) => interpolateAll(entry, variables, [...path, i], failed));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, interpolateAll(entry, variables, [...path, key], failed)]));
}

import { InputError } from './input-error.ts';

/** Adds an entry to a registry. @param what kind of thing, for the message @throws InputError if another has its name */
export function register<T extends { readonly name: string }>(registry: readonly T[], entry: T, what: string): void {
  if (registry.includes(entry)) return;
  if (registry.some(({ name }) => name === entry.name)) throw new InputError(`there is a ${what} "${entry.name}" already; give yours another name`);
  (registry as T[]).push(entry);
}

/** The user's input is at fault: a file that is missing, damaged or wrong. Shown as one message without a stack; the command ends with exit code 2. */
export class InputError extends Error {
  /**
   * @param message what is wrong, where (`file:line` as far as known) and what was expected
   */
  constructor(message: string) {
    super(message);
    this.name = 'InputError';
  }
}

/** A result folder cannot be reported on; the message names the file, what was found and what was expected. */
export class ReportInputError extends Error {
  override readonly name = 'ReportInputError';
}

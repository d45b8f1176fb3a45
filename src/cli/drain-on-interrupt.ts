import { ExitCode } from './exit-code.ts';

/** First Ctrl-C (or a request to end): finish what is under way. Second: stop at once; what was finished is kept. @param announced called before the first message */
export function drainOnInterrupt(announced: () => void): { signal: AbortSignal; end: () => void } {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(ExitCode.interrupted);
    announced();
    process.stderr.write('finishing the runs under way; press Ctrl-C again to stop at once\n');
    controller.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return {
    signal: controller.signal,
    end: () => {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', interrupt);
    },
  };
}

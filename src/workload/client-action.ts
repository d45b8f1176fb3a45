/** What a user does to a service while it runs. */
export type ClientAction =
  | {
      readonly kind: 'scale';
      readonly timeUs: number;
      readonly job: number;
      /** Tasks that should exist from now on, at most those of the job. */
      readonly count: number;
    }
  | {
      readonly kind: 'update';
      readonly timeUs: number;
      readonly job: number;
      /** Shape that its tasks should have from now on: same requests as before, another image, failure share or native settings. */
      readonly shape: number;
    };

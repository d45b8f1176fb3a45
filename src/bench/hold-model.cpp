// Hold model on std::priority_queue: take the earliest of `pending` events, insert one new, `operations` times. Prints nanoseconds per operation.
// Same entries (time, sequence, slot) and the same generator as hold-model.ts; the checksum must be equal.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <queue>
#include <vector>

struct Entry {
  double time;
  double sequence;
  int32_t slot;
};
struct Later {
  bool operator()(const Entry& a, const Entry& b) const { return a.time > b.time || (a.time == b.time && a.sequence > b.sequence); }
};

static uint32_t state = 12345;
static double gap() {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return static_cast<double>(state % 1000000);
}

int main(int argc, char** argv) {
  const int pending = std::atoi(argv[1]);
  const int operations = std::atoi(argv[2]);
  std::priority_queue<Entry, std::vector<Entry>, Later> queue;
  double sequence = 0;
  for (int i = 0; i < pending; i++) queue.push({gap(), sequence++, i});
  double best = 1e300;
  double checksum = 0;
  for (int round = 0; round < 5; round++) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < operations; i++) {
      const Entry entry = queue.top();
      queue.pop();
      checksum += entry.slot;
      queue.push({entry.time + gap(), sequence++, entry.slot});
    }
    const double ns = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count() / operations;
    if (ns < best) best = ns;
  }
  std::printf("{\"nsPerOperation\": %.3f, \"checksum\": %.0f}\n", best, checksum);
}

/* A program beside the engine: what its header promises, in hosts of every kind. */
#define _GNU_SOURCE

#include "../../csrc/core/process.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "../support/descriptors.h"
#include "../support/own_files.h"
#include "../support/programs.h"

static bool output_is(const program *g, const char *want) {
  const kube_slice out = kube_process_output(g->process);
  return CHECK_TEXT(out.bytes, out.length, want);
}

static bool complaint_is(const program *g, const char *want) {
  const kube_slice text = kube_process_complaint(g->process);
  return CHECK_TEXT(text.bytes, text.length, want);
}

/* ---- what it writes, and how it ends ---- */

static void output_comes_in_pieces(void) {
  program g;
  program_open(&g);
  CHECK(program_script(&g, "printf one; read line; printf two; echo no >&2; sleep 0.1; echo -n !",
                       100));
  CHECK(kube_process_result(g.process, &g.err) == KUBE_AGAIN);
  CHECK(kube_process_exit_code(g.process) == -1);
  CHECK(program_says(&g, 6) && g.moved > 0);
  CHECK(program_finish(&g) == KUBE_EOF);
  output_is(&g, "onetwo!"); /* its stdin is at its end at once */
  complaint_is(&g, "no\n");
  CHECK(kube_process_exit_code(g.process) == 0);
  CHECK(kube_process_result(g.process, NULL) == KUBE_EOF);
  program_close(&g);
  CHECK(no_children());
}

static void output_may_be_large(void) {
  program g;
  kube_slice out;
  size_t i = 0;
  program_open(&g);
  CHECK(program_script(&g, "head -c 1048576 /dev/zero | tr '\\0' x", 0));
  CHECK(program_finish(&g) == KUBE_EOF);
  out = kube_process_output(g.process);
  CHECK(out.length == 1048576);
  while (i < out.length && out.bytes[i] == 'x') i++;
  CHECK(i == out.length);
  program_close(&g);
}

static void output_has_a_ceiling(void) {
  static const struct {
    const char *script;
    kube_status status;
  } cases[] = {{"head -c 5000 /dev/zero", KUBE_EOF},
               {"head -c 5001 /dev/zero", KUBE_ETOOLARGE},
               {"yes", KUBE_ETOOLARGE},
               {"head -c 5001 /dev/zero; exec >/dev/null; sleep 1000", KUBE_ETOOLARGE}};
  size_t i;
  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    program g;
    check_about = cases[i].script;
    program_open(&g);
    CHECK(program_script(&g, cases[i].script, 5000));
    CHECK(program_finish(&g) == cases[i].status);
    CHECK(kube_process_output(g.process).length <= 5000);
    if (cases[i].status != KUBE_EOF) {
      CHECK_STRING(g.err.reason, "TooLarge");
      CHECK(strstr(g.err.message, "more than 5000 bytes") != NULL);
      CHECK(kube_process_result(g.process, &g.err) == KUBE_ETOOLARGE); /* and stays so */
    }
    program_close(&g);
    CHECK(no_children());
  }
}

static void the_tail_of_its_complaint_is_kept(void) {
  char all[16384] = "";
  size_t n = 0;
  program g;
  int i;
  for (i = 1; i <= 2000; i++) n += (size_t)snprintf(all + n, sizeof all - n, "%d\n", i);
  program_open(&g);
  CHECK(program_script(&g,
                       "seq 1 900 >&2; sleep 0.05; seq 901 1990 >&2; sleep 0.05; "
                       "for i in 1991 1992 1993 1994 1995 1996 1997 1998 1999 2000; do "
                       "echo $i >&2; done; exit 1",
                       0));
  CHECK(program_finish(&g) == KUBE_EOF);
  CHECK(kube_process_complaint(g.process).length == 2048);
  complaint_is(&g, all + n - 2048);
  output_is(&g, "");
  program_close(&g);
}

static void exit_codes_are_told(void) {
  static const struct {
    const char *script;
    int code;
  } cases[] = {{"exit 0", 0},          {"exit 3", 3},
               {"exit 255", 255},      {"kill -KILL $$", 137},
               {"kill -TERM $$", 143}, {"exec >&- 2>&-; sleep 0.2; exit 9", 9}};
  size_t i;
  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    program g;
    check_about = cases[i].script;
    program_open(&g);
    CHECK(program_script(&g, cases[i].script, 0));
    CHECK(program_finish(&g) == KUBE_EOF);
    CHECK(kube_process_exit_code(g.process) == cases[i].code);
    CHECK(no_children()); /* it was reaped before it was freed */
    program_close(&g);
  }
}

/* ---- where it is looked for ---- */

static void write_program(const char *name, const char *text, mode_t mode) {
  if (chmod(write_file(name, text), mode) != 0) abort();
}

static void make_programs(void) {
  files_begin();
  mkdir(path_of("first"), 0700);
  mkdir(path_of("first/tool"), 0700); /* a directory is none */
  mkdir(path_of("second"), 0700);
  mkdir(path_of("third"), 0700);
  write_program("second/tool", "#!/bin/sh\necho second\n", 0600); /* nor this */
  write_program("third/tool", "#!/bin/sh\necho third $0 $*\n", 0700);
  write_program("third/plain", "echo no shell is asked\n", 0700);
  write_program("third/orphan", "#!/no/such/shell\n", 0700);
}

static void remove_programs(void) { CHECK(files_remove_all()); }

/* Sets PATH, in which each @ is the directory. */
static void set_path(const char *pattern) {
  char path[512] = "";
  for (; *pattern; pattern++) {
    const size_t n = strlen(path);
    snprintf(path + n, sizeof path - n, *pattern == '@' ? "%s" : "%.1s",
             *pattern == '@' ? directory : pattern);
  }
  setenv("PATH", path, 1);
}

static void it_is_looked_up_in_absolute_directories(void) {
  static const struct {
    const char *path, *command, *says; /* NULL: not found */
  } cases[] = {{"@/first:@/second:@/third", "tool", "third"},
               {"@/third", "tool", "third"},
               {"@/third/", "tool", "third"},
               {":@/third", "tool", "third"},
               {"@/third:", "other", NULL},
               {"@/first:@/second", "tool", NULL},
               {"", "tool", NULL}, /* in @/third, where all these are run */
               {":", "tool", NULL},
               {".", "tool", NULL},
               {"../third", "tool", NULL},
               {"@/third", "", NULL},
               {"", "./tool", "third"},
               {"", "../third/tool", "third"}};
  char *path = strdup(getenv("PATH")), home[512];
  size_t i;
  if (getcwd(home, sizeof home) == NULL || chdir(path_of("third")) != 0) abort();
  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    const kube_process_options options = {.command = cases[i].command};
    program g;
    check_about = cases[i].path;
    program_open(&g);
    set_path(cases[i].path);
    CHECK(program_start(&g, &options) == (cases[i].says != NULL));
    if (g.process) {
      CHECK(program_finish(&g) == KUBE_EOF);
      CHECK(strncmp(kube_process_output(g.process).bytes, cases[i].says, 5) == 0);
    } else {
      CHECK(g.err.status == KUBE_EEXEC);
    }
    program_close(&g);
  }
  unsetenv("PATH");
  {
    const kube_process_options options = {.command = "tool"};
    program g;
    program_open(&g);
    CHECK(!program_start(&g, &options) && g.err.status == KUBE_EEXEC);
    program_close(&g);
  }
  setenv("PATH", path, 1);
  free(path);
  if (chdir(home) != 0) abort();
}

static void what_cannot_be_run_is_told(void) {
  static const struct {
    const char *command, *words;
  } cases[] = {{"no-such-tool", "exec: executable no-such-tool not found"},
               {"/no/such/tool", "exec: executable /no/such/tool not found"},
               {"first", "Permission denied"},
               {"second/tool", "Permission denied"},
               {"third/plain", "Exec format error"},
               {"third/orphan", "interpreter"},
               {"third/tool/x", "Not a directory"}};
  const int before = descriptors();
  size_t i;
  for (i = 0; i < sizeof cases / sizeof *cases; i++) {
    const bool ours = i >= 2;
    const kube_process_options options = {.command =
                                              ours ? path_of(cases[i].command) : cases[i].command};
    program g;
    check_about = cases[i].command;
    program_open(&g);
    CHECK(!program_start(&g, &options));
    CHECK(g.err.status == KUBE_EEXEC);
    CHECK_STRING(g.err.reason, "Exec");
    CHECK(strstr(g.err.message, cases[i].words) != NULL);
    CHECK(kube_engine_next_ready(g.engine) == NULL);
    program_close(&g);
  }
  CHECK(no_children());
  CHECK(descriptors() == before);
}

/* ---- what it is given ---- */

static void arguments_reach_it_as_they_are(void) {
  static const char *const arguments[] = {"%s|", "a b", "$HOME", "", "'\"\n", NULL};
  const kube_process_options options = {.command = "printf", .arguments = arguments};
  program g;
  program_open(&g);
  CHECK(program_start(&g, &options));
  CHECK(program_finish(&g) == KUBE_EOF);
  output_is(&g, "a b|$HOME||'\"\n|");
  program_close(&g);
}

static void its_environment_is_ours_and_what_is_set_over_it(void) {
  static const char *const environment[] = {"SPEC_A=1", "SPEC_B=new", "SPEC_A=2", "SPEC=", NULL};
  static const char *const arguments[] = {"-c", "env | grep ^SPEC | sort", NULL};
  const kube_process_options options = {
      .command = "sh", .arguments = arguments, .environment = environment};
  program g;
  setenv("SPEC_B", "old", 1);
  setenv("SPEC_C", "kept", 1);
  setenv("SPEC_AA", "longer", 1);
  program_open(&g);
  CHECK(program_start(&g, &options));
  CHECK(program_finish(&g) == KUBE_EOF);
  output_is(&g, "SPEC=\nSPEC_A=2\nSPEC_AA=longer\nSPEC_B=new\nSPEC_C=kept\n");
  program_close(&g);
  CHECK_STRING(getenv("SPEC_B"), "old");
}

static void it_gets_no_descriptor_and_no_signal_of_ours(void) {
  static const char *const list[] = {"/proc/self/fd", NULL};
  static const char *const signals[] = {"-E", "^Sig(Blk|Ign)", "/proc/self/status", NULL};
  const kube_process_options options[] = {{.command = "ls", .arguments = list},
                                          {.command = "grep", .arguments = signals}};
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC), leak = dup2(null, 40);
  unsigned long long masked = 1, ignored = 1;
  char text[128] = "";
  sigset_t blocked, old;
  kube_slice out;
  program g;
  signal(SIGPIPE, SIG_IGN);
  signal(SIGUSR2, SIG_IGN);
  sigfillset(&blocked);
  pthread_sigmask(SIG_SETMASK, &blocked, &old);
  program_open(&g);
  CHECK(program_start(&g, &options[0]) && program_finish(&g) == KUBE_EOF);
  output_is(&g, "0\n1\n2\n3\n"); /* 3 is the directory that it lists */
  program_free(&g);
  CHECK(program_start(&g, &options[1]) && program_finish(&g) == KUBE_EOF);
  /* 32 and 33 are threads' own: glibc has them ignored between spawn and exec */
  out = kube_process_output(g.process);
  memcpy(text, out.bytes, out.length < sizeof text ? out.length : 0);
  CHECK(sscanf(text, "SigBlk: %llx SigIgn: %llx", &masked, &ignored) == 2);
  CHECK(masked == 0 && (ignored & ~0x180000000ull) == 0);
  program_close(&g);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  signal(SIGUSR2, SIG_DFL);
  close(leak);
  close(null);
}

/* Its group is its own, or ours. */
static void its_group_is_its_own_unless_it_is_interactive(void) {
  static const char *const arguments[] = {"-d ", "-f1,5", "/proc/self/stat", NULL};
  int interactive;
  for (interactive = 0; interactive < 2; interactive++) {
    const kube_process_options options = {
        .command = "cut", .arguments = arguments, .interactive = interactive, .ceiling = 100};
    int pid = 0, group = 0;
    char text[101] = "";
    program g;
    program_open(&g);
    CHECK(program_start(&g, &options) && program_finish(&g) == KUBE_EOF);
    memcpy(text, kube_process_output(g.process).bytes, kube_process_output(g.process).length);
    CHECK(sscanf(text, "%d %d", &pid, &group) == 2);
    CHECK(group == (interactive ? (int)getpgrp() : pid));
    program_close(&g);
  }
}

/* Puts another descriptor in the place of one; gives back what was there. */
static int replace(int fd, int by) {
  const int old = fcntl(fd, F_DUPFD_CLOEXEC, 100);
  if (by >= 0)
    dup2(by, fd);
  else
    close(fd);
  return old;
}

static void put_back(int fd, int old) {
  dup2(old, fd);
  close(old);
}

static void an_interactive_one_has_our_stdin(void) {
  static const char *const arguments[] = {"-c", "cat; echo heard >&2", NULL};
  const kube_process_options options = {
      .command = "sh", .arguments = arguments, .interactive = true};
  int ends[2], old;
  program g;
  if (pipe2(ends, O_CLOEXEC) != 0) abort();
  CHECK(write(ends[1], "from us", 7) == 7);
  close(ends[1]);
  old = replace(STDIN_FILENO, ends[0]);
  close(ends[0]);
  fcntl(STDIN_FILENO, F_SETFD, FD_CLOEXEC); /* though it be closed by exec */
  program_open(&g);
  CHECK(program_start(&g, &options) && program_finish(&g) == KUBE_EOF);
  output_is(&g, "from us");
  program_close(&g);
  put_back(STDIN_FILENO, old);
}

/* The same with the stderr of ours a terminal, or not. */
static void an_interactive_one_asks_on_the_terminal(void) {
  static const char *const arguments[] = {"-c", "printf Password: >&2", NULL};
  const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  int interactive, terminal, old, slave;
  if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) abort();
  slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
  for (interactive = 0; interactive < 2; interactive++) {
    for (terminal = 0; terminal < 2; terminal++) {
      const kube_process_options options = {
          .command = "sh", .arguments = arguments, .interactive = interactive};
      char seen[64] = "";
      const int other = open("/dev/null", O_WRONLY | O_CLOEXEC);
      bool asks = interactive && terminal;
      program g;
      program_open(&g);
      old = replace(STDERR_FILENO, terminal ? slave : other);
      CHECK(program_start(&g, &options) && program_finish(&g) == KUBE_EOF);
      put_back(STDERR_FILENO, old);
      complaint_is(&g, asks ? "" : "Password:");
      if (asks) CHECK(read(master, seen, sizeof seen - 1) == 9 && strcmp(seen, "Password:") == 0);
      program_close(&g);
      close(other);
    }
  }
  close(slave);
  close(master);
}

static void a_host_may_have_closed_its_standard_descriptors(void) {
  static const char *const arguments[] = {"-c", "cat; echo out; echo err >&2", NULL};
  int interactive;
  for (interactive = 0; interactive < 2; interactive++) {
    const kube_process_options options = {
        .command = "sh", .arguments = arguments, .interactive = interactive};
    int in, out, err;
    bool well;
    program g;
    program_open(&g);
    fflush(stdout);
    in = replace(STDIN_FILENO, -1);
    out = replace(STDOUT_FILENO, -1);
    err = replace(STDERR_FILENO, -1);
    well = program_start(&g, &options) && program_finish(&g) == KUBE_EOF;
    put_back(STDIN_FILENO, in);
    put_back(STDOUT_FILENO, out);
    put_back(STDERR_FILENO, err);
    if (CHECK(well)) {
      output_is(&g, "out\n");
      complaint_is(&g, "err\n");
    }
    program_close(&g);
  }
}

/* ---- one that does not end ---- */

/* The numbers that it wrote, once there is a full stop behind them. */
static void read_pids(program *g, int *first, int *second) {
  char text[64] = "";
  kube_slice out = {0};
  const long long end = kube_clock_ms() + PROGRAM_PATIENCE;
  while ((out.length == 0 || memchr(out.bytes, '.', out.length) == NULL) && kube_clock_ms() < end) {
    program_turn(g);
    out = kube_process_output(g->process);
  }
  memcpy(text, out.bytes, out.length < 63 ? out.length : 63);
  CHECK(sscanf(text, "%d %d .", first, second) == 2 && *first > 1 && *second > 1);
}

static void freeing_kills_the_whole_group(void) {
  const int before = descriptors();
  int round;
  for (round = 0; round < 20; round++) {
    int leader = 0, other = 0;
    program g;
    program_open(&g);
    CHECK(program_script(&g, "trap '' TERM; sleep 1000 & echo $$ $! .; wait", 0));
    read_pids(&g, &leader, &other);
    CHECK(!is_gone(leader) && !is_gone(other));
    program_free(&g);
    CHECK(becomes_gone(leader) && becomes_gone(other));
    if (round % 2) { /* a step reaps it, else the end of the engine */
      CHECK(kube_engine_wait(g.engine, 100, NULL) == KUBE_OK || no_children());
      CHECK(no_children());
    }
    program_close(&g);
    CHECK(no_children());
  }
  CHECK(descriptors() == before);
}

/* It is in our group: only it is killed. */
static void freeing_an_interactive_one_spares_its_group(void) {
  static const char *const arguments[] = {"-c", "sleep 1000 & echo $$ $! .; wait", NULL};
  const kube_process_options options = {
      .command = "sh", .arguments = arguments, .interactive = true};
  int leader = 0, other = 0;
  program g;
  program_open(&g);
  CHECK(program_start(&g, &options));
  read_pids(&g, &leader, &other);
  program_close(&g);
  CHECK(becomes_gone(leader) && !is_gone(other));
  CHECK(no_children());
  if (other > 1) kill(other, SIGKILL);
}

static void freeing_is_fine_at_any_moment(void) {
  const int before = descriptors();
  int i;
  program g;
  program_open(&g);
  for (i = 0; i < 100; i++) {
    CHECK(program_script(&g, i & 1 ? "echo x; exit 1" : "sleep 1000", 0));
    if (i & 2) usleep((useconds_t)(i % 9) * 500);
    if (i & 4) kube_engine_step(g.engine, NULL);
    program_free(&g);
  }
  program_close(&g);
  kube_process_free(NULL);
  CHECK(no_children());
  CHECK(descriptors() == before);
}

/* What it started holds its pipes: its end counts, a second later. */
static void what_it_left_behind_is_not_waited_for(void) {
  long long start, took;
  int leader = 0, other = 0;
  program g;
  program_open(&g);
  start = kube_clock_ms();
  CHECK(program_script(&g, "sleep 1000 & echo $$ $! .; exit 4", 0));
  CHECK(program_finish(&g) == KUBE_EOF);
  took = kube_clock_ms() - start;
  CHECK(took >= 950 && took < 20000);
  CHECK(kube_process_exit_code(g.process) == 4);
  read_pids(&g, &leader, &other);
  CHECK(is_gone(leader) && !is_gone(other));
  kill(other, SIGKILL);
  program_close(&g);
  CHECK(no_children());
}

static void others_go_on_while_one_hangs(void) {
  program g, h;
  const char *const arguments[] = {"-c", "exec >&- 2>&-; sleep 1000", NULL};
  const kube_process_options options = {.command = "sh", .arguments = arguments};
  int spins = 0;
  long long end;
  program_open(&g);
  CHECK(program_start(&g, &options));
  memset(&h, 0, sizeof h);
  h.engine = kube_engine_retain(g.engine);
  kube_handle_init(&h.handle, h.engine, (kube_call *)&h);
  CHECK(program_script(&h, "sleep 0.1; echo here", 0));
  CHECK(program_finish(&h) == KUBE_EOF);
  output_is(&h, "here\n");
  program_free(&h);
  CHECK(kube_handle_set_due(&h.handle, kube_engine_now(h.engine) + 200, NULL) == KUBE_OK);
  end = kube_clock_ms() + PROGRAM_PATIENCE;
  for (h.moved = 0; h.moved == 0 && kube_clock_ms() < end; spins++) program_turn(&h);
  CHECK(h.moved == 1 && spins < 50); /* its closed pipes do not keep us busy */
  CHECK(kube_process_result(g.process, &g.err) == KUBE_AGAIN);
  program_close(&h);
  program_close(&g);
  CHECK(no_children());
}

static void many_run_at_once(void) {
  enum { MANY = 60 };
  static program all[MANY];
  const int before = descriptors();
  int i;
  program_open(&all[0]);
  for (i = 0; i < MANY; i++) {
    char script[64];
    if (i > 0) {
      memset(&all[i], 0, sizeof all[i]);
      all[i].engine = kube_engine_retain(all[0].engine);
      kube_handle_init(&all[i].handle, all[i].engine, (kube_call *)&all[i]);
    }
    snprintf(script, sizeof script, "echo %d; exit %d", 1000 + i, i);
    CHECK(program_script(&all[i], script, 5));
  }
  for (i = 0; i < MANY; i++) {
    char want[16];
    kube_status status;
    while ((status = kube_process_result(all[i].process, &all[i].err)) == KUBE_AGAIN) {
      kube_engine_wait(all[0].engine, 1000, NULL);
      while (kube_engine_next_ready(all[0].engine)) {}
    }
    snprintf(want, sizeof want, "%d\n", 1000 + i);
    CHECK(status == KUBE_EOF && kube_process_exit_code(all[i].process) == i);
    output_is(&all[i], want);
  }
  for (i = 0; i < MANY; i++) program_close(&all[i]);
  CHECK(descriptors() == before);
  CHECK(no_children());
}

/* ---- hosts ---- */

/* One whose kernel reaps. */
static void a_host_may_ignore_its_children(void) {
  program g;
  signal(SIGCHLD, SIG_IGN);
  program_open(&g);
  CHECK(program_script(&g, "echo said; sleep 0.05; exit 3", 0));
  CHECK(program_finish(&g) == KUBE_EOF);
  output_is(&g, "said\n");
  CHECK(kube_process_exit_code(g.process) == -1);
  program_free(&g);
  CHECK(program_script(&g, "exec >&- 2>&-; sleep 1000", 0));
  kube_engine_step(g.engine, NULL);
  CHECK(kube_process_result(g.process, NULL) == KUBE_AGAIN);
  program_close(&g);
  signal(SIGCHLD, SIG_DFL);
  CHECK(no_children());
}

static void reap_all(int number) {
  const int kept = errno;
  (void)number;
  while (waitpid(-1, NULL, WNOHANG) > 0) {}
  errno = kept;
}

/* One that takes every child, as nginx does. */
static void a_host_may_reap_our_children(void) {
  const struct sigaction action = {.sa_handler = reap_all, .sa_flags = SA_RESTART};
  int i;
  sigaction(SIGCHLD, &action, NULL);
  for (i = 0; i < 20; i++) {
    int code;
    program g;
    program_open(&g);
    CHECK(program_script(&g, i & 1 ? "echo said; exit 3" : "echo said; exec >&- 2>&-; exit 3", 0));
    CHECK(program_finish(&g) == KUBE_EOF);
    output_is(&g, "said\n");
    code = kube_process_exit_code(g.process);
    CHECK(code == -1 || code == 3);
    program_close(&g);
  }
  signal(SIGCHLD, SIG_DFL);
  CHECK(no_children());
}

/* Runs a test in a process of its own: its last line is ours. */
static void apart(void (*test)(void)) {
  int how = -1;
  pid_t pid;
  fflush(stdout);
  pid = fork();
  if (pid == 0) {
    check_failed = 0;
    test();
    fflush(stdout);
    _exit(check_failed ? 1 : 0);
  }
  CHECK(waitpid(pid, &how, 0) == pid && WIFEXITED(how) && WEXITSTATUS(how) == 0);
}

/* From here on, this process has a kernel that knows no pidfd. */
static void forbid_pidfd(void) {
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_open, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const struct sock_fprog all = {sizeof filter / sizeof *filter, filter};
  CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all) == 0);
  CHECK(syscall(SYS_pidfd_open, getpid(), 0) == -1 && errno == ENOSYS);
}

static void everything_again_without_pidfd(void) {
  forbid_pidfd();
  exit_codes_are_told();
  freeing_kills_the_whole_group();
  freeing_is_fine_at_any_moment();
  what_it_left_behind_is_not_waited_for();
  a_host_may_ignore_its_children();
  a_host_may_reap_our_children();
}

static void a_kernel_may_have_no_pidfd(void) { apart(everything_again_without_pidfd); }

static void too_few_descriptors_are_told(void) {
  const int before = descriptors();
  struct rlimit old, few;
  int more, started = 0;
  program g;
  program_open(&g);
  getrlimit(RLIMIT_NOFILE, &old);
  for (more = 0; more < 8; more++) {
    const int highest = dup(STDIN_FILENO);
    const kube_process_options options = {.command = "true"};
    close(highest);
    few = old;
    few.rlim_cur = (rlim_t)(highest + more);
    setrlimit(RLIMIT_NOFILE, &few);
    program_start(&g, &options);
    setrlimit(RLIMIT_NOFILE, &old);
    if (g.process) {
      started++;
      CHECK(program_finish(&g) == KUBE_EOF);
    } else {
      CHECK(g.err.status == KUBE_ESYSTEM && strstr(g.err.message, strerror(EMFILE)) != NULL);
    }
    program_free(&g);
  }
  CHECK(started > 0 && started < 8); /* how many it takes depends on those that are open */
  program_close(&g);
  CHECK(descriptors() == before);
  CHECK(no_children());
}

/* ---- a fork ---- */

static int in_child(program *g) {
  kube_error err = {0};
  const kube_process_options options = {.command = "true"};
  int wrong = kube_process_result(g->process, &err) == KUBE_EUSAGE ? 0 : 1;
  wrong |= kube_process_start(g->engine, &g->handle, &options, &err) == NULL ? 0 : 2;
  wrong |= err.status == KUBE_EUSAGE ? 0 : 4;
  program_close(g);
  return wrong;
}

static void a_child_may_free_what_the_parent_goes_on_with(void) {
  program g;
  int how = -1;
  pid_t pid;
  program_open(&g);
  CHECK(program_script(&g, "echo before; sleep 0.3; echo after; exit 5", 0));
  CHECK(program_says(&g, 7));
  fflush(stdout);
  pid = fork();
  if (pid == 0) _exit(in_child(&g));
  CHECK(waitpid(pid, &how, 0) == pid && how == 0);
  CHECK(program_finish(&g) == KUBE_EOF);
  output_is(&g, "before\nafter\n");
  CHECK(kube_process_exit_code(g.process) == 5);
  program_close(&g);
}

int main(void) {
  make_programs();
  RUN(output_comes_in_pieces);
  RUN(output_may_be_large);
  RUN(output_has_a_ceiling);
  RUN(the_tail_of_its_complaint_is_kept);
  RUN(exit_codes_are_told);
  RUN(it_is_looked_up_in_absolute_directories);
  RUN(what_cannot_be_run_is_told);
  RUN(arguments_reach_it_as_they_are);
  RUN(its_environment_is_ours_and_what_is_set_over_it);
  RUN(it_gets_no_descriptor_and_no_signal_of_ours);
  RUN(its_group_is_its_own_unless_it_is_interactive);
  RUN(an_interactive_one_has_our_stdin);
  RUN(an_interactive_one_asks_on_the_terminal);
  RUN(a_host_may_have_closed_its_standard_descriptors);
  RUN(freeing_kills_the_whole_group);
  RUN(freeing_an_interactive_one_spares_its_group);
  RUN(freeing_is_fine_at_any_moment);
  RUN(what_it_left_behind_is_not_waited_for);
  RUN(others_go_on_while_one_hangs);
  RUN(many_run_at_once);
  RUN(a_host_may_ignore_its_children);
  RUN(a_host_may_reap_our_children);
  RUN(a_kernel_may_have_no_pidfd);
  RUN(too_few_descriptors_are_told);
  RUN(a_child_may_free_what_the_parent_goes_on_with);
  remove_programs();
  return check_report();
}

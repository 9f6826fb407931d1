// SPDX-License-Identifier: BSD-3-Clause
// Rendered scripts, run by the real bash: what a value holds never becomes code.
#include "scheduler/script/quoting.hpp"
#include "scheduler/script/template.hpp"

#include <gmock/gmock.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace berth;
using namespace berth::scheduler;
using testing::HasSubstr;
namespace fs = std::filesystem;

namespace {

class scratch {
  public:
    scratch() {
        char name[] = "/tmp/script-test-XXXXXX";
        path = mkdtemp(name);
    }
    ~scratch() { fs::remove_all(path); }
    void write(const std::string& name, const std::string& text, bool executable = false) const {
        std::ofstream(path / name) << text;
        if (executable) fs::permissions(path / name, fs::perms::owner_all);
    }
    std::string read(const std::string& name) const {
        std::ifstream in(path / name);
        return std::string(std::istreambuf_iterator<char>(in), {});
    }
    fs::path path;
};

struct outcome {
    int code;
    std::string output;
};

// Runs `bash ARGS FILE` in the folder with nothing but PATH and HOME; output and errors together.
outcome bash(const scratch& dir, const std::string& script, const std::string& arguments = "",
             const std::string& environment = "") {
    dir.write("job.sh", script);
    const auto command = "cd " + dir.path.string() + " && env -i HOME=$PWD PATH=$PWD:/usr/bin:/bin " +
                         environment + " bash " + arguments + " job.sh >out.txt 2>&1 </dev/null";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, dir.read("out.txt")};
}

const std::vector<std::string>& hostile() {
    static const std::vector<std::string> values{"$(touch hit)",
                                                 "`touch hit`",
                                                 "; touch hit",
                                                 "\ntouch hit\n",
                                                 "\"; touch hit; \"",
                                                 "'; touch hit; '",
                                                 "a\n#SBATCH --uid=root",
                                                 "${IFS}x",
                                                 "a && touch hit",
                                                 "| touch hit",
                                                 "> hit",
                                                 "\\",
                                                 "\\\"",
                                                 "!!",
                                                 "*",
                                                 "~",
                                                 "{a,b}",
                                                 "a\tb",
                                                 "\x01\x7f",
                                                 "ä€𝄞",
                                                 "a\r\nb",
                                                 "#x",
                                                 "",
                                                 " ",
                                                 "$'x'",
                                                 "$((1/0))",
                                                 "-n",
                                                 "a=b"};
    return values;
}

} // namespace

TEST(script_runs, a_quoted_word_is_the_value_itself) {
    for (const auto& value : hostile()) {
        scratch dir;
        const auto r = bash(dir, "printf %s " + shell_quote(value) + " >value.txt\n");
        EXPECT_EQ(r.code, 0) << r.output;
        EXPECT_EQ(dir.read("value.txt"), value);
        EXPECT_FALSE(fs::exists(dir.path / "hit"));
    }
}

TEST(script_runs, a_value_in_double_quotes_a_comment_or_a_here_document_is_harmless) {
    for (const auto& value : hostile()) {
        scratch dir;
        const auto word = shell_quote(value);
        const auto r = bash(dir, "# " + word + "\n#SBATCH --x=" + word + "\necho \"" + word +
                                     "\" >/dev/null\ncat <<E >/dev/null\n" + word + "\nE\ntouch end\n");
        EXPECT_FALSE(fs::exists(dir.path / "hit")) << word;
        EXPECT_TRUE(fs::exists(dir.path / "end")) << word << r.output;
    }
}

TEST(script_runs, every_field_survives_the_built_in_script) {
    for (const auto& value : hostile()) {
        scratch dir;
        dir.write("batchspawner-singleuser",
                  "#!/bin/bash\nprintf '%s\\0' \"$@\" >args\nprintf %s \"$VALUE\" >env\n", true);
        dir.write("server", "#!/bin/sh\n", true);
        job_spec spec;
        spec.job_name = spec.user = value;
        spec.command = {"batchspawner-singleuser", "server", value};
        spec.environment = {{"VALUE", value}};
        auto& f = spec.fields;
        f.partition = f.account = f.qos = f.reservation = f.constraint = f.gres = value;
        script_settings settings{0, 0, true, true, value, value};
        const auto script = render(builtin_template(), spec, settings);
        ASSERT_TRUE(script) << script.error().message;
        EXPECT_EQ(bash(dir, *script, "-n").code, 0) << *script;
        const auto r = bash(dir, *script);
        EXPECT_EQ(r.code, 0) << r.output << *script;
        EXPECT_EQ(dir.read("args"), std::string("server\0", 7) + value + '\0');
        EXPECT_EQ(dir.read("env"), value);
        EXPECT_FALSE(fs::exists(dir.path / "hit")) << *script;
        // No value adds a line of directives.
        for (std::size_t at = 0; (at = script->find("\n#SBATCH ", at)) != std::string::npos; ++at)
            EXPECT_EQ(script->compare(at, 11, "\n#SBATCH --"), 0);
        EXPECT_EQ(script->find("\n#SBATCH --uid"), std::string::npos);
    }
}

TEST(script_runs, the_newest_logs_of_this_hub_are_kept) {
    for (const std::string folder : {"logs", "it's; touch hit", "$(touch hit)"}) {
        scratch dir;
        dir.write("server", "#!/bin/sh\n", true);
        fs::create_directory(dir.path / folder);
        for (int i = 0; i < 60; ++i) dir.write(folder + "/.berth-h-" + std::to_string(i) + ".log", "");
        dir.write(folder + "/.berth-h2-old.log", "");
        fs::last_write_time(dir.path / folder / ".berth-h-7.log", fs::file_time_type::min());
        job_spec spec;
        spec.command = {"batchspawner-singleuser", "server"};
        script_settings settings;
        settings.old_logs = shell_quote((dir.path / folder / ".berth-h-").string());
        EXPECT_TRUE(render(builtin_template(), spec, settings));
        bash(dir, *render(builtin_template(), spec, settings));
        EXPECT_EQ(std::distance(fs::directory_iterator(dir.path / folder), {}), 51) << folder;
        EXPECT_FALSE(fs::exists(dir.path / folder / ".berth-h-7.log"));
        EXPECT_TRUE(fs::exists(dir.path / folder / ".berth-h2-old.log"));
        EXPECT_FALSE(fs::exists(dir.path / "hit"));
    }
}

TEST(script_runs, prologue_epilogue_and_exit_code) {
    scratch dir;
    dir.write("batchspawner-singleuser", "#!/bin/bash\necho \"server $MODULE\"; exit 7\n", true);
    dir.write("server", "#!/bin/sh\n", true);
    job_spec spec;
    spec.command = {"batchspawner-singleuser", "server"};
    spec.fields.prologue = "export MODULE=loaded";
    spec.fields.epilogue = "echo after $berth_status";
    const auto r = bash(dir, *render(builtin_template(), spec, {}));
    EXPECT_EQ(r.code, 7);
    EXPECT_EQ(r.output, "server loaded\nafter 7\n");
}

TEST(script_runs, a_missing_command_is_told_in_the_log) {
    scratch dir;
    dir.write("batchspawner-singleuser", "#!/bin/bash\n", true);
    job_spec spec;
    spec.command = {"batchspawner-singleuser", "jupyterhub-notthere"};
    auto r = bash(dir, *render(builtin_template(), spec, {}));
    EXPECT_EQ(r.code, 127);
    EXPECT_THAT(r.output, HasSubstr("berth: jupyterhub-notthere: command not found on "));
    EXPECT_THAT(r.output, HasSubstr("(PATH="));
    spec.command = {"jupyterhub-notthere"};
    r = bash(dir, *render(builtin_template(), spec, {}));
    EXPECT_EQ(r.code, 127);
}

TEST(script_runs, the_launcher_tells_the_hub_and_rewrites_the_port) {
    scratch dir;
    // Stands for curl: keeps what it is told on the command line and on standard input.
    dir.write("curl", "#!/bin/bash\nprintf '%s\\n' \"$@\" >curl.args; cat >curl.config\n", true);
    dir.write("server", "#!/bin/bash\necho \"$JUPYTERHUB_SERVICE_URL $1\"\n", true);
    job_spec spec;
    spec.command = {"server", "x"};
    script_settings settings;
    settings.port_low = settings.port_high = 45123;
    const auto script = *render(builtin_template(), spec, settings);
    const std::string env =
        "JUPYTERHUB_API_URL=http://h:1/hub/api JUPYTERHUB_API_TOKEN=tok JUPYTERHUB_SERVICE_URL=";
    auto r = bash(dir, script, "", env + "http://0.0.0.0:0/user/al/");
    EXPECT_EQ(r.code, 0);
    EXPECT_EQ(r.output, "http://0.0.0.0:45123/user/al/ x\n");
    EXPECT_THAT(dir.read("curl.args"), HasSubstr("{\"port\":45123}\nhttp://h:1/hub/api/batchspawner\n"));
    EXPECT_EQ(dir.read("curl.args").find("tok"), std::string::npos);
    EXPECT_EQ(dir.read("curl.config"), "header = \"Authorization: token tok\"\n");
    EXPECT_EQ(bash(dir, script, "", env + "http://[::]:0/user/al/n").output,
              "http://[::]:45123/user/al/n x\n");
    EXPECT_EQ(bash(dir, script, "", env + "https://[::]/").output, "https://[::]:45123/ x\n");
}

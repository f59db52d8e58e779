# Completions of parallel-cc and claude-parallel for fish. What may be typed is asked of parallel-cc each time, so this
# does not go stale.

# $argv[1] program.
function __parallel_cc_complete
    command -q parallel-cc; or return
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -e words[1]
    set -l answer (command parallel-cc complete fish $argv[1] -- $words "$current" </dev/null 2>/dev/null)
    # The value of a flag in the same word.
    set -l flag (string match -r -- '^--[^=]*=' "$current")
    set -l value (string replace -r -- '^--[^=]*=' '' "$current")
    switch "$answer[1]"
        case 'files*'
            printf "$flag%s\n" (complete -C "'' $value")
        case 'directories*'
            printf "$flag%s\n" (__fish_complete_directories "$value" '')
        case 'claude*'
            complete -C (string join ' ' -- claude (string escape -- $words) "$current")
    end
    set -e answer[1]
    printf '%s\n' $answer
end

for program in parallel-cc claude-parallel
    complete -c $program -e
    complete -c $program -k -f -a "(__parallel_cc_complete $program)"
end

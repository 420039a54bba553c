import ArgumentParser
import Encodings
import Foundation

extension Jointlab {
    /// Parses, runs, and ends with the exit code that belongs to what went wrong.
    static func main() async {
        var command: any ParsableCommand
        do {
            command = try parseAsRoot()
        } catch {
            if CommandFailure.wantsJSON, exitCode(for: error) != .success {
                CommandFailure.print(
                    code: CommandFailure.usage, detail: message(for: error))
                Foundation.exit(exitCode(for: error).rawValue)
            }
            exit(withError: error)
        }
        do {
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            // A request for help is no failure; `jointlab help` throws one as it runs.
            if exitCode(for: error) == .success { exit(withError: error) }
            // What has been told already is told once.
            if !(error is ExitCode) { CommandFailure.print(error) }
            Foundation.exit(CommandFailure.code(for: error).rawValue)
        }
    }
}

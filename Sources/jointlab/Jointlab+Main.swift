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
            if !(error is ExitCode) {
                FileHandle.standardError.write(Data("jointlab: \("\(error)".visible)\n".utf8))
            }
            Foundation.exit(CommandFailure.code(for: error).rawValue)
        }
    }
}

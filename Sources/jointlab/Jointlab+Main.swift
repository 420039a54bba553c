import ArgumentParser
import Foundation

extension Jointlab {
    /// Parses, runs, and ends with the exit code that belongs to what went wrong.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            let code = CommandFailure.code(for: error)
            switch error {
            case is ExitCode: break
            case is ValidationError, is CleanExit: exit(withError: error)
            default:
                guard exitCode(for: error) == .failure else { exit(withError: error) }
                FileHandle.standardError.write(Data("jointlab: \(error)\n".utf8))
            }
            Foundation.exit(code.rawValue)
        }
    }
}

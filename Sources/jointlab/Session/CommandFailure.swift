import ArgumentParser
import ContractFiles
import Contracts
import Encodings
import Foundation
import LabAPI
import Learning
import Ledger
import Node
import Participation
import Storage
import Transport

/// Which exit code a failure has.
enum CommandFailure {
    static let refused = ExitCode(1)
    static let halted = ExitCode(3)
    static let notInTouch = ExitCode(4)
    static let noConnection = ExitCode(69)
    static let inputOutput = ExitCode(74)
    static let configuration = ExitCode(78)

    static func code(for error: any Error) -> ExitCode {
        switch error {
        case let code as ExitCode: code
        case is ConnectionFailure: noConnection
        case is SettingsError, is AddressInUse, is RulesFileError: configuration
        case is StorageError, is CocoaError: inputOutput
        case let error as ContractFileError where error.isUnreadable: inputOutput
        case let error as DatasetError where error.code == .fileUnreadable: inputOutput
        case is ValidationError, is Mistake: ExitCode.validationFailure
        default: refused
        }
    }

    // MARK: - What is printed

    static let usage = "usage"

    /// Whether the command was asked for JSON; also one that was not understood.
    static var wantsJSON: Bool {
        CommandLine.arguments.prefix { $0 != "--" }.contains("--json")
    }

    /// Says on standard error what went wrong: a line for people, or for programs one JSON object
    /// `{"error": {"code", "detail", …}}`.
    static func print(_ error: any Error) {
        guard wantsJSON else {
            write("jointlab: \("\(error)".visible)")
            return
        }
        guard let problem = error as? Problem else {
            print(code: name(of: error), detail: "\(error)")
            return
        }
        print(
            code: problem.code, detail: problem.detail,
            more: ["status": .integer(Int64(problem.status)), "refusal": problem.refusal])
    }

    static func print(code: String, detail: String, more: JSONValue = [:]) {
        let error = (["code": .string(code), "detail": .string(detail)] as JSONValue)
        let all = (more.object?.members ?? []).reduce(error) { $0.adding($1.key, $1.value) }
        write((["error": all] as JSONValue).canonicalText)
    }

    private static func write(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }

    /// What programs branch on, where nobody else has given it a name.
    private static func name(of error: any Error) -> String {
        switch error {
        case is ConnectionFailure: "connection.failed"
        case is SettingsError, is AddressInUse: "configuration"
        case is RulesFileError: "owner.rules_unreadable"
        case let error as DatasetError: error.code.rawValue
        case is StorageError, is CocoaError: "storage"
        case let error as ContractFileError: error.isUnreadable ? "storage" : "contract.document"
        case is ValidationError, is Mistake: usage
        default: "failed"
        }
    }
}

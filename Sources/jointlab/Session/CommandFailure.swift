import ArgumentParser
import ContractFiles
import Contracts
import Foundation
import Learning
import Ledger
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
        case is SettingsError, is AddressInUse: configuration
        case is StorageError, is CocoaError: inputOutput
        case let error as ContractFileError where error.isUnreadable: inputOutput
        case let error as DatasetError where error.code == .fileUnreadable: inputOutput
        case is ValidationError, is Mistake: ExitCode.validationFailure
        default: refused
        }
    }
}

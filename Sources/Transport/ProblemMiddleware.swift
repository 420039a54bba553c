import Contracts
import Encodings
import HTTPTypes
package import Hummingbird
import Identity
import Ledger
import Logging

/// Turns whatever a handler throws into an answer.
package struct ProblemMiddleware: RouterMiddleware {
    package typealias Context = LabContext

    package init() {}

    package func handle(
        _ request: Request, context: LabContext,
        next: (Request, LabContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as CancellationError {
            throw error
        } catch {
            let problem = Self.problem(error)
            if problem.status >= 500 {
                context.logger.error(
                    "request.failed",
                    metadata: ["path": "\(request.head.path ?? "")", "error": "\(error)"])
            }
            let response = Response(problem)
            // Bytes after the head would be taken for the next answer (RFC 9110 §9.3.2).
            return request.method == .head ? response.createHeadResponse() : response
        }
    }

    private static func problem(_ error: any Error) -> Problem {
        switch error {
        case let problem as Problem: problem
        case let refusal as Refusal: Problem(refusal)
        case let error as TransactionError: Problem(error)
        case let error as HTTPSignatureError: Problem(error)
        case let error as CosignatureRefusal: Problem(error)
        case let error as JSONShapeError: Problem(error)
        case let error as JSONSyntaxError: Problem(error)
        case let error as HTTPError where error.status.code == 404:
            Problem(
                status: 404, code: "route.unknown",
                detail: "there is nothing under this path; /openapi.json lists what there is")
        case let error as HTTPError:
            Problem(
                status: error.status.code, code: "http.\(error.status.code)",
                detail: error.body ?? error.status.reasonPhrase)
        default:
            Problem(
                status: 500, code: "internal",
                detail: "something went wrong here; the server's log says what")
        }
    }
}

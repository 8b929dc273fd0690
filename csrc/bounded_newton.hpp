// Newton's method within bounds for a few parameters, whose Hessian may be indefinite far from the optimum.
//
// A search asks for the function at one place after another, and whoever knows the function answers: it may be summed
// here or on several threads elsewhere. Steps are the Hessian's inverse, its eigenvalues made positive, times the
// gradient, and are halved until they do not ascend; the search ends where no parameter has moved by more than 1e-9.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace labelaudit {

class BoundedNewton {
  public:
    // All (parameters,); a start outside its bounds is taken to the nearest place within.
    BoundedNewton(std::span<const double> start, std::span<const double> low, std::span<const double> high);

    bool over() const { return over_; }
    std::span<const double> asked() const { return there_; }  // where the function is to be known next
    bool curved() const { return curved_; }                   // whether its derivatives are needed there, too

    // The function where it was asked for, with its gradient (parameters,) and Hessian (parameters, parameters), which
    // are not looked at where they are not needed.
    void answer(double value, std::span<const double> gradient, std::span<const double> hessian);

    std::span<const double> best() const { return here_; }  // where it was least so far
    double value() const { return value_; }                 // and what it was there

  private:
    double distance() const;
    void turn(std::span<const double> gradient, std::span<const double> hessian);
    void ask();

    std::vector<double> low_, high_, here_, there_, step_;
    double value_ = 0, size_ = 1;
    int steps_ = 0;
    bool over_ = false, curved_ = true;
};

}  // namespace labelaudit
